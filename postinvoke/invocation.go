package postinvoke

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/internal/blackbox"
	"example.com/postinvoke/internal/gate"
)

// An invocation is one call of a wrapped handler, with the hooks registered in it.
// It is also the context that the handler is called with.
//
// aws-lambda-go ends the context of an invocation when it has sent the response
// or error, and before it requests the next event. That is when hooks start.
// Registering the first hook starts a goroutine that runs all of them:
// [invocation.supervise].
type invocation struct {
	context.Context
	*wrapper
	environment *environment
	reporter    reporter
	entry       gate.Entry
	requestID   string
	direct      bool // Context is Lambda's own: see byLambda
	outside     bool // the handler was not called by the runtime, as far as is known, but during init, for example
	coldStart   bool
	began       time.Time

	mu              sync.Mutex
	watched         bool    // the end of Context will finish the invocation if it has no hooks
	closed          bool    // no more hooks are accepted
	stack           []*hook // registered, not started
	running         []*hook // started: those of Go, and at most one from the stack
	stackRunning    bool    // whether there is one from the stack
	outcome         Outcome // of the handler; empty while it runs
	handlerReturned time.Time
	ctxEndedEarly   bool           // Context had ended by then
	slot            *blackbox.Slot // nil without the layer, before the first hook and after the last

	// Made with the first hook.
	changed  chan struct{} // has an element after a change that concerns supervise
	stopped  chan struct{} // closed when the environment shuts down
	finished chan struct{} // closed when the hooks are done

	hooks, failures, abandoned int
}

// warm is set with the first invocation of the process.
var warm atomic.Bool

func (w *wrapper) begin(ctx context.Context) *invocation {
	inv := &invocation{
		Context:     ctx,
		wrapper:     w,
		environment: currentEnvironment.Load(),
		reporter:    w.reporter,
		direct:      !w.process.onLambda,
		coldStart:   !warm.Swap(true),
		began:       time.Now(),
	}
	lc, ok := lambdacontext.FromContext(ctx)
	if ok {
		inv.requestID = lc.AwsRequestID
	}
	if w.process.onLambda {
		by := calledBy()
		// A context that has ended already was derived from an ended one, given
		// to lambda.WithContext, and may have the deadline of that one.
		inv.direct = by == byLambda && ctx.Err() == nil
		inv.outside = by == byOthers && !ok
	}
	if g := w.process.gate; g != nil {
		contextEnds, _ := ctx.Deadline()
		inv.entry = g.Begin(inv.requestID, lc, contextEnds)
	}
	inv.reporter.test = inv.environment.test
	if onInvocation := inv.environment.onInvocation; onInvocation != nil {
		onInvocation(inv)
	}
	w.checkMargin(inv)
	if inv.endsWithInvocation() {
		inv.watched = true
		inv.watch()
	}
	return inv
}

// isWrapped reports whether ctx belongs to an invocation already: its handler
// was wrapped twice, or calls another one that is wrapped.
func isWrapped(ctx context.Context) bool {
	return ctx.Value(invocationKey{}) != nil
}

type invocationKey struct{}

// Value returns the invocation itself to [Run], [RunContext] and [Go].
func (inv *invocation) Value(key any) any {
	if key == (invocationKey{}) {
		return inv
	}
	return inv.Context.Value(key)
}

// String keeps package fmt from reading fields that change at the same time.
func (inv *invocation) String() string { return "postinvoke invocation " + inv.requestID }

// GoString is String.
func (inv *invocation) GoString() string { return inv.String() }

// push registers a hook of [Run] or [RunContext].
func (inv *invocation) push(h *hook) {
	if inv.lockFor(h) {
		inv.stack = append(inv.stack, h)
		inv.slot.Push(h)
		inv.mu.Unlock()
		inv.signalChange()
	}
}

// start registers and starts a hook of [Go].
func (inv *invocation) start(h *hook) {
	if inv.lockFor(h) {
		h.slotIndex = inv.slot.Go(h)
		inv.addRunning(h)
		inv.mu.Unlock()
		go inv.runHook(h)
	}
}

// lockFor locks the invocation if it accepts h.
func (inv *invocation) lockFor(h *hook) bool {
	if h.isNil() {
		panic("postinvoke: a nil function was registered")
	}
	if h.timeout <= 0 {
		h.timeout = inv.hookTimeout
	}
	inv.mu.Lock()
	if refusal := inv.refusal(h); refusal != "" {
		inv.mu.Unlock()
		inv.reportHook(h, refusedResult(refusal))
		return false
	}
	inv.hooks++
	if inv.hooks == 1 {
		inv.firstHook()
	}
	return true
}

// refusal returns why h is refused, or nothing. The caller holds the lock.
func (inv *invocation) refusal(h *hook) string {
	if inv.closed {
		return "the hooks of its invocation are done"
	}
	if deadline, ok := inv.hooksDeadline(); ok && !h.stacked && !wallNow().Before(deadline) {
		return "no time is left before the function's timeout"
	}
	return ""
}

// firstHook prepares the invocation for hooks. The caller holds the lock.
func (inv *invocation) firstHook() {
	phase := blackbox.Handler
	if inv.outcome != "" { // a stream registered it, after the handler
		phase = blackbox.Response
	}
	inv.slot = inv.process.box.Begin(inv.requestID, phase)
	inv.changed = make(chan struct{}, 1)
	inv.stopped = make(chan struct{})
	inv.finished = make(chan struct{})
	inv.environment.inflight.add(inv)
	go inv.supervise()
}

// returned notes that the handler has returned err.
func (inv *invocation) returned(err error) {
	if err != nil {
		inv.handlerEnded(OutcomeError)
	} else {
		inv.handlerEnded(OutcomeOK)
	}
	if inv.process.managed && inv.direct && inv.Err() == context.DeadlineExceeded {
		// Lambda refuses the response, and aws-lambda-go then ends the process.
		// Until then, hooks of other invocations can finish.
		inv.environment.inflight.wait(inv, waitForOthers)
	}
}

// waitForOthers bounds how long a handler that has returned after its timeout is
// delayed on Managed Instances, for the hooks of other invocations.
const waitForOthers = 2 * time.Second

// finishAfterPanic is deferred around the handler. If the handler panicked, the
// hooks run now, and finishAfterPanic returns when they are done, because
// aws-lambda-go ends the process after it has reported the error. The panic continues.
func (inv *invocation) finishAfterPanic() {
	if finished := inv.handlerEnded(OutcomePanic); finished != nil {
		<-finished
	}
}

// handlerEnded notes how the handler ended, unless that is known. It returns a
// channel that is closed when the hooks are done, or nil if there are none.
func (inv *invocation) handlerEnded(outcome Outcome) (finished <-chan struct{}) {
	inv.mu.Lock()
	if inv.outcome != "" {
		inv.mu.Unlock()
		return nil
	}
	inv.outcome, inv.handlerReturned = outcome, time.Now()
	inv.ctxEndedEarly = inv.Err() != nil
	inv.slot.SetPhase(blackbox.Response)
	finished = inv.finished
	watched := inv.watched
	inv.mu.Unlock()

	switch {
	case finished != nil:
		inv.signalChange()
	case outcome == OutcomePanic, inv.ctxEndedEarly, !watched, !inv.endsWithInvocation():
		// Otherwise the end of the context does that. After a panic the process
		// ends first, and the invocation would not be counted.
		inv.doneWithoutHooks()
	}
	return finished
}

// doneWithoutHooks finishes the invocation if its handler has returned and no hook
// was registered, and does nothing otherwise.
func (inv *invocation) doneWithoutHooks() {
	inv.mu.Lock()
	done := !inv.closed && inv.hooks == 0 && inv.outcome != ""
	inv.closed = inv.closed || done
	inv.mu.Unlock()
	if !done {
		return
	}
	var responded time.Time
	if inv.responded() {
		responded = time.Now()
	}
	inv.finish(time.Time{}, responded)
}

// finish reports the result, and releases the environment, which may then be
// frozen. hooksStarted and responded are zero if that did not happen, or is not
// known.
func (inv *invocation) finish(hooksStarted, responded time.Time) {
	inv.mu.Lock()
	if inv.outcome == "" {
		inv.outcome, inv.handlerReturned = OutcomeStopped, time.Now()
	}
	result := InvocationResult{
		RequestID:    inv.requestID,
		ColdStart:    inv.coldStart,
		Outcome:      inv.outcome,
		Started:      inv.began,
		Returned:     inv.handlerReturned,
		Responded:    responded,
		HooksStarted: hooksStarted,
		Finished:     time.Now(),
		Hooks:        inv.hooks,
		Failures:     inv.failures,
		Abandoned:    inv.abandoned,
	}
	inv.slot.Free() // every hook was reported
	inv.slot = nil
	inv.mu.Unlock()
	defer inv.release() // deferred, because an observer may call runtime.Goexit
	defer inv.count(result)
	inv.reporter.invocation(inv, result)
}

// count adds the invocation to the counters in the black box.
func (inv *invocation) count(result InvocationResult) {
	var awake time.Duration
	if !result.HooksStarted.IsZero() {
		awake = result.Finished.Sub(result.HooksStarted)
	}
	inv.process.box.Count(blackbox.Counters{
		Invocations: 1,
		Hooks:       uint64(result.Hooks),
		Failures:    uint64(result.Failures),
		Abandoned:   uint64(result.Abandoned),
		AwakeMicros: uint64(awake.Microseconds()),
		LastEnd:     time.Now().UnixMicro(),
	})
}

// release notes that the environment need not be kept awake for this invocation.
func (inv *invocation) release() {
	if inv.outside {
		inv.entry.Discard()
	} else {
		inv.entry.Done()
	}
}
