package postinvoke

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/record"
)

// An invocation is one call of a wrapped handler, and the hooks registered in
// it. It is also the context that the handler gets.
//
// aws-lambda-go cancels the context of an invocation when Lambda has accepted
// its response or error, and before it asks for the next event. That is when
// hooks start.
type invocation struct {
	context.Context
	*wrapper
	requestID string
	coldStart bool
	began     time.Time

	mu       sync.Mutex
	phase    phase
	orphaned bool    // the context ended before the handler returned
	stack    []*hook // registered, not started
	running  []*hook // started: by Go, and at most one off the stack
	popped   bool    // that one is running
	hookCtx  context.Context
	cancel   func()        // hookCtx; nil without one
	giveUp   *time.Timer   // abandons what runs too long; nil without a deadline
	finished chan struct{} // closed when over; nil if nobody waits

	// for the record
	outcome                    string    // of the handler; empty while it runs
	handled                    time.Time // when the handler was over
	released                   time.Time // when hooking began, or zero
	ended                      time.Time // when the last hook was over or given up
	hooks, failures, abandoned int
}

// A phase of an invocation.
type phase int

const (
	handling phase = iota // the handler runs, or its response is being sent
	hooking               // the hooks run
	over                  // no hook will start
)

// Outcomes of a handler.
const (
	outcomeOK      = "ok"
	outcomeError   = "error"
	outcomePanic   = "panic"
	outcomeTimeout = "timeout"
)

// warm is set with the first invocation of the process.
var warm atomic.Bool

func (w *wrapper) begin(ctx context.Context) *invocation {
	inv := &invocation{
		Context:   ctx,
		wrapper:   w,
		coldStart: !warm.Swap(true),
		began:     time.Now(),
	}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		inv.requestID = lc.AwsRequestID
	}
	w.keeper.begin(inv.requestID)
	context.AfterFunc(ctx, inv.contextDone)
	return inv
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

// returned is called when the handler has returned.
func (inv *invocation) returned(err error) {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if inv.outcome != "" { // it has timed out
		return
	}
	inv.outcome, inv.handled = outcomeOK, time.Now()
	if err != nil {
		inv.outcome = outcomeError
	}
	if inv.orphaned {
		go inv.release()
	}
}

// unwound is deferred around the handler. If that did not return but panicked,
// the hooks run now, and unwound returns when they are over: the process will
// not live longer than it takes to report the error. The panic goes on.
func (inv *invocation) unwound() {
	inv.mu.Lock()
	if inv.outcome != "" {
		inv.mu.Unlock()
		return
	}
	inv.outcome, inv.handled = outcomePanic, time.Now()
	inv.finished = make(chan struct{})
	inv.mu.Unlock()
	go inv.release()
	<-inv.finished
}

// contextDone is called when the handler's context has ended.
func (inv *invocation) contextDone() {
	inv.mu.Lock()
	switch {
	case inv.phase != handling: // after a panic
		inv.mu.Unlock()
	case errors.Is(inv.Err(), context.DeadlineExceeded):
		inv.outcome, inv.handled = outcomeTimeout, time.Now()
		inv.abandon("the function timed out before its response was accepted")
	case inv.outcome == "":
		// Somebody cancelled the base context. Nothing will tell when the
		// response is accepted, so the hooks start when the handler returns.
		inv.orphaned = true
		inv.mu.Unlock()
	default:
		inv.mu.Unlock()
		inv.release()
	}
}

// release begins the hooking phase, and returns when nothing is left that it
// could do.
func (inv *invocation) release() {
	inv.mu.Lock()
	if inv.phase != handling {
		inv.mu.Unlock()
		return
	}
	inv.phase, inv.released = hooking, time.Now()
	if deadline, ok := inv.Deadline(); ok && inv.hooks > 0 {
		// Half way between the deadline of the hooks and the moment at which
		// the extension stops waiting, so that the report finds the log.
		at := deadline.Add(-(inv.margin + gate.Margin) / 2)
		inv.giveUp = time.AfterFunc(time.Until(at), func() {
			inv.mu.Lock()
			inv.abandon("it did not return when its context was cancelled")
		})
	}
	inv.advance()
}

// push registers a hook of [Run] or [RunContext].
func (inv *invocation) push(h *hook) {
	if !inv.lockFor(h) {
		return
	}
	inv.stack = append(inv.stack, h)
	if inv.phase == hooking && !inv.popped { // registered by a function of Go
		go func() {
			inv.mu.Lock()
			inv.advance()
		}()
	}
	inv.mu.Unlock()
}

// start registers and starts a hook of [Go].
func (inv *invocation) start(h *hook) {
	if !inv.lockFor(h) {
		return
	}
	inv.running = append(inv.running, h)
	ctx := inv.hookContext()
	inv.mu.Unlock()
	go inv.call(h, ctx, func(*failure) { inv.advance() })
}

// lockFor locks the invocation if it can still take up h.
func (inv *invocation) lockFor(h *hook) bool {
	if h.isNil() {
		panic("postinvoke: a nil function was registered")
	}
	inv.mu.Lock()
	if inv.phase != over {
		inv.hooks++
		return true
	}
	inv.mu.Unlock()
	inv.log.about(inv, slog.LevelError, record.HookRefused,
		slog.String(record.Hook, h.String()),
		slog.String(record.Reason, "the hooks of its invocation are over"))
	return false
}
