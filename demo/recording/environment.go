package recording

import (
	"time"

	"example.com/postinvoke/lambdaenv"
)

// An environment is the state of the execution environment that a recording has
// come to. The zero value is that before the first one.
type environment struct {
	exists bool // from its Init phase to a reset or the end of the shutdown
	reset  bool // a reset has ended it, and no other was started since
	killed bool // it was killed as it was, as Ctrl-C does; a reset kills too

	served       bool // it has answered a caller
	frozen       bool // it was frozen after that
	shuttingDown bool
	ending       bool // its processes are to end, by a reset or the shutdown

	calls   int  // that callers have made, of all environments
	serving bool // an invocation is in progress
	waiting bool // a caller waits for its response
	pending bool // a call was made that the next environment is started for

	// Lambda does not say for which invocation it starts processes. The next one
	// that an entry names is it.
	restarted bool // it was started after a reset
	early     bool // it was started before any call

	origin   time.Duration // the call that it was started for, or its Init phase
	finished time.Duration // the end of the last invocation, by a reset or not
	idle     string        // the request of the last invocation that has ended without a reset
	idleAt   time.Duration // when that was
}

// follow changes the state according to e, which happened at the time at.
func (env *environment) follow(e lambdaenv.Entry, at time.Duration) {
	switch e.Kind {
	case Called:
		if !env.exists {
			env.pending, env.origin = true, at
		}
		env.calls++
		env.serving, env.waiting, env.ending = true, true, false
	case lambdaenv.InitStarted:
		if !env.pending {
			env.origin = at
		}
		env.exists, env.pending = true, false
		env.restarted, env.early = env.reset, false
		env.reset, env.killed = false, false
		env.served, env.frozen, env.shuttingDown = false, false, false
	case lambdaenv.InitDone:
		env.early = !env.waiting
	case lambdaenv.Responded:
		env.served, env.waiting = true, false
	case lambdaenv.Frozen:
		// It is also frozen between init and the first invocation, for a
		// moment that would only puzzle the reader.
		env.frozen = env.served
	case lambdaenv.Idle:
		env.idle, env.idleAt, env.finished = e.RequestID, at, at
		env.serving = false
	case lambdaenv.Reset:
		env.exists, env.reset, env.restarted = false, true, false
		env.frozen, env.ending, env.serving = false, true, false
		env.finished = at
	case lambdaenv.Signaled:
		env.killed = env.killed || e.Text == "SIGKILL"
	case lambdaenv.ShutdownBegan:
		env.shuttingDown, env.ending = true, true
	case lambdaenv.ShutdownDone:
		env.exists = false
	}
}

// EndedByReset reports whether there is no environment any more because a reset
// ended it: then there is nothing to shut down.
func (r *Recording) EndedByReset() bool { return r.env.reset }
