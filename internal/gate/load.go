package gate

import "time"

// A load is how busy the process is.
type load struct {
	used   func() time.Duration
	before time.Duration // what was used when low was last called
	at     time.Time     // when that was
}

// low reports whether the process has used less than a hundredth of the time since
// the last call. A function with 128 MB that decodes an event uses seven. The first
// call only looks.
func (l *load) low(now time.Time) bool {
	if l.used == nil {
		return true
	}
	used := l.used()
	low := !l.at.IsZero() && 100*(used-l.before) < now.Sub(l.at)
	l.before, l.at = used, now
	return low
}
