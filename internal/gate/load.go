package gate

import "time"

// A load is how busy the process is.
type load struct {
	used   func() time.Duration
	before time.Duration // used at the last call of low
	at     time.Time     // of the last call
}

// low reports whether the process has used a processor for less than a hundredth of
// the time since the last call. A function with 128 MB that decodes an event uses it
// for seven hundredths. The first call returns false.
func (l *load) low(now time.Time) bool {
	if l.used == nil {
		return true
	}
	used := l.used()
	low := !l.at.IsZero() && 100*(used-l.before) < now.Sub(l.at)
	l.before, l.at = used, now
	return low
}
