package postinvoke

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// An invocation is one call of a wrapped handler, and the hooks registered in
// it. It is also the context that the handler gets.
//
// aws-lambda-go ends the context of an invocation when it has sent the response
// or error, and before it asks for the next event. That is when hooks start.
// With the first hook begins a goroutine that sees to them: [invocation.supervise].
type invocation struct {
	context.Context
	*wrapper
	life      *life
	requestID string
	coldStart bool
	began     time.Time

	mu      sync.Mutex
	closed  bool    // no hook is taken up any more
	stack   []*hook // registered, not started
	running []*hook // started: by Go, and at most one off the stack
	popped  bool    // that one is running
	outcome string  // of the handler; empty while it runs
	handled time.Time
	early   bool // the context had ended by then

	// Made with the first hook.
	returnedC chan struct{} // closed when the handler is over
	changed   chan struct{} // has an element when supervise should look again
	stopped   chan struct{} // closed when the environment shuts down

	concluded chan struct{} // closed when the hooks are over; nil unless the handler panicked

	hooks, failures, abandoned int
}

// Outcomes of a handler.
const (
	outcomeOK      = "ok"
	outcomeError   = "error"
	outcomePanic   = "panic"
	outcomeTimeout = "timeout" // it ran until no time was left
	outcomeStopped = "stopped" // it ran when the environment was shut down
)

// warm is set with the first invocation of the process.
var warm atomic.Bool

func (w *wrapper) begin(ctx context.Context) *invocation {
	inv := &invocation{
		Context:   ctx,
		wrapper:   w,
		life:      currentLife.Load(),
		coldStart: !warm.Swap(true),
		began:     time.Now(),
	}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		inv.requestID = lc.AwsRequestID
	}
	w.keeper.begin(inv.requestID)
	if o := inv.life.observer; o != nil {
		o.Began(inv)
	}
	watch(inv)
	return inv
}

// doneWithoutHooks ends the invocation if its handler is over and has registered
// no hook, and does nothing otherwise.
func (inv *invocation) doneWithoutHooks() {
	inv.mu.Lock()
	done := !inv.closed && inv.hooks == 0 && inv.outcome != ""
	inv.closed = inv.closed || done
	inv.mu.Unlock()
	if done {
		inv.over(0)
	}
}

// over tells that nothing is left to do, and how long hooks took after the
// response.
func (inv *invocation) over(hooks time.Duration) {
	inv.keeper.done(inv.requestID, hooks)
	if o := inv.life.observer; o != nil {
		o.Over(inv)
	}
}

// isWrapped reports whether ctx belongs to an invocation already: its handler
// was wrapped twice, or calls another one that is wrapped.
func isWrapped(ctx context.Context) bool {
	return ctx.Value(invocationKey{}) != nil
}

type invocationKey struct{}

// Value returns the invocation itself to [Run] and its kin.
func (inv *invocation) Value(key any) any {
	if key == (invocationKey{}) {
		return inv
	}
	return inv.Context.Value(key)
}

// String keeps package fmt from reading fields that change meanwhile.
func (inv *invocation) String() string { return "postinvoke invocation " + inv.requestID }

// GoString is String.
func (inv *invocation) GoString() string { return inv.String() }

// returned notes that the handler has returned err.
func (inv *invocation) returned(err error) {
	outcome := outcomeOK
	if err != nil {
		outcome = outcomeError
	}
	inv.handlerOver(outcome)
}

// unwound is deferred around the handler. If that did not return but panicked,
// the hooks run now, and unwound returns when they are over: the process will
// not live longer than it takes to report the error. The panic goes on.
func (inv *invocation) unwound() {
	if hooks := inv.handlerOver(outcomePanic); hooks != nil {
		<-hooks
	}
}

// handlerOver notes how the handler ended, if it was not known before. After a
// panic it returns what is closed when the hooks are over, nil if there are none.
func (inv *invocation) handlerOver(outcome string) (concluded <-chan struct{}) {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if inv.outcome != "" {
		return nil
	}
	inv.outcome, inv.handled, inv.early = outcome, time.Now(), inv.Err() != nil
	if inv.hooks == 0 {
		if inv.early {
			go inv.doneWithoutHooks()
		}
		return nil
	}
	close(inv.returnedC)
	if outcome == outcomePanic {
		inv.concluded = make(chan struct{})
	}
	return inv.concluded
}

// push registers a hook of [Run] or [RunContext].
func (inv *invocation) push(h *hook) {
	if inv.lockFor(h) {
		inv.stack = append(inv.stack, h)
		inv.mu.Unlock()
		inv.lookAgain()
	}
}

// start registers and starts a hook of [Go].
func (inv *invocation) start(h *hook) {
	if inv.lockFor(h) {
		inv.takeUp(h)
		inv.mu.Unlock()
		go inv.call(h)
	}
}

// lockFor locks the invocation if it can still take up h.
func (inv *invocation) lockFor(h *hook) bool {
	if h.isNil() {
		panic("postinvoke: a nil function was registered")
	}
	inv.mu.Lock()
	if inv.closed {
		inv.mu.Unlock()
		inv.life.hookRefused(inv, inv.log, h, "the hooks of its invocation are over")
		return false
	}
	inv.hooks++
	if inv.hooks == 1 {
		inv.returnedC = make(chan struct{})
		inv.changed = make(chan struct{}, 1)
		inv.stopped = make(chan struct{})
		if inv.outcome != "" { // registered by a stream, after the handler
			close(inv.returnedC)
		}
		inv.life.roster.join(inv)
		go inv.supervise()
	}
	return true
}

// lookAgain has supervise look again.
func (inv *invocation) lookAgain() {
	select {
	case inv.changed <- struct{}{}:
	default:
	}
}
