package recording

import (
	"slices"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// Elapsed returns the time to show for a moment that was so long since the run
// began. In a recording that goes on without end it counts from the beginning
// of the environment at that time, so that it stays small.
func (r *Recording) Elapsed(since time.Duration) time.Duration {
	for _, origin := range slices.Backward(r.origins) {
		if origin <= since {
			return since - origin
		}
	}
	return since
}

// An origin is the beginning of an environment: the call that it is started
// for, or its Init phase if nobody has called.
type origin struct {
	called bool // a call has begun the environment that is yet to start
	there  bool // there is an environment
}

// follow takes note of m, and reports whether an environment begins.
func (o *origin) follow(m *Moment) bool {
	switch m.Kind {
	case Called:
		o.called = o.called || !o.there
		return !o.there
	case lambdaenv.InitStarted:
		begins := !o.called
		o.called, o.there = false, true
		return begins
	case lambdaenv.Reset, lambdaenv.ShutdownDone:
		o.there = false
	}
	return false
}
