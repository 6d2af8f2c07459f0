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
	var timer *time.Timer
	timer = time.AfterFunc(s.patient, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.idle == timer { // else somebody was quicker
			_ = s.leave()
		}
	})
	s.idle = timer
}

// stopIdling stops that. The caller holds the lock.
func (s *session) stopIdling() {
	if s.idle != nil {
		s.idle.Stop()
		s.idle = nil
	}
}

// shutdown ends the environment when it is idle. It returns when that was
// asked for.
func (s *session) shutdown() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leave()
}

// leave is shutdown. The caller holds the lock.
func (s *session) leave() error {
	switch {
	case s.closed:
		return errClosed
	case s.leaving:
		return errLeaving
	case s.env == nil && s.waiting:
		return errWaiting
	case s.env == nil:
		return errNoEnv
	}
	s.leaving, s.problem = true, ""
	s.stopIdling()
	s.news.spread()
	env := s.env
	s.calls.Go(func() {
		_, err := env.Shutdown(s.ctx, "")
		s.mu.Lock()
		s.env, s.leaving = nil, false
		if err != nil && s.ctx.Err() == nil {
			s.problem = err.Error()
		}
		s.mu.Unlock()
		s.news.spread()
	})
	return nil
}
