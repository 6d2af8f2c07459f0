package live

import "time"

// setPatience says for how long an environment may idle; 0 is for ever.
func (s *session) setPatience(d time.Duration) {
	s.mu.Lock()
	s.patient = d
	s.startIdling()
	s.mu.Unlock()
	s.news.spread()
}

// startIdling begins to count the time in which nothing happens, if that is so.
// The caller holds the lock.
func (s *session) startIdling() {
	s.stopIdling()
	if s.patient == 0 || s.env == nil || s.busy > 0 || s.leaving || s.closed {
		return
	}
	s.idle = time.AfterFunc(s.patient, func() {
		_ = s.shutdown() // somebody may have been quicker
	})
}

// stopIdling stops that. The caller holds the lock.
func (s *session) stopIdling() {
	if s.idle != nil {
		s.idle.Stop()
		s.idle = nil
	}
}
