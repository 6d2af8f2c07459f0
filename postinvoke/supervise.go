package postinvoke

import (
	"context"
	"time"

	"example.com/postinvoke/internal/blackbox"
	"example.com/postinvoke/internal/gate"
)

// A supervision is the state of supervise.
type supervision struct {
	deadline  time.Time   // of hooks; zero while it is not known
	timer     *time.Timer // fires at the deadline, and again when hooks are abandoned
	expired   bool        // the timer has fired once
	started   time.Time   // when hooks could start; zero until then
	responded bool        // hooks could start because the response had been sent
}

// supervise runs the hooks of an invocation, from the registration of the first
// until all are done.
func (inv *invocation) supervise() {
	defer inv.environment.inflight.remove(inv)
	s := supervision{timer: time.NewTimer(forever)}
	defer s.timer.Stop()
	inv.setDeadline(&s)
	inv.warnIfReleased()
	ended, arrived := inv.Done(), inv.entry.Arrived()
	for !inv.progress(&s) {
		select {
		case <-inv.changed:
		case <-ended:
			ended = nil // disables this case
		case <-arrived:
			arrived = nil // disables this case
			inv.setDeadline(&s)
			inv.warnIfReleased()
		case <-s.timer.C:
			if s.expired {
				inv.abandonAll(OutcomeTimeout, overran, noTime)
			} else {
				inv.expire(&s)
			}
		case <-inv.stopped:
			inv.stopHooks()
		}
	}
	if arrived != nil { // the case may have been ready, and another one taken
		inv.warnIfReleased()
	}
	var responded time.Time
	if s.responded {
		responded = s.started
	}
	inv.finish(s.started, responded)
}

// signalChange wakes supervise.
func (inv *invocation) signalChange() {
	select {
	case inv.changed <- struct{}{}:
	default:
	}
}

const forever = 1<<63 - 1

// hooksDeadline returns when the contexts of hooks end at the latest. It returns
// false if that is not known, because the handler's context is not Lambda's own and
// the INVOKE event, which has the timeout as well, has not come.
func (inv *invocation) hooksDeadline() (time.Time, bool) {
	if timeout, ok := inv.entry.Timeout(); ok {
		return timeout.Add(-inv.margin), true
	}
	timeout, ok := inv.Deadline()
	return timeout.Add(-inv.margin), ok && inv.direct
}

// setDeadline sets the timer, when the deadline is known.
func (inv *invocation) setDeadline(s *supervision) {
	if deadline, ok := inv.hooksDeadline(); ok {
		s.deadline = deadline
		s.timer.Reset(time.Until(deadline))
	}
}

// expire ends the contexts of hooks that do not end by themselves, and sets the timer
// for the moment at which hooks are abandoned. That is halfway between the deadline
// and the moment at which the gate releases the environment, so that the records are
// written before the freeze.
func (inv *invocation) expire(s *supervision) {
	s.expired = true
	s.timer.Reset(time.Until(s.deadline.Add((inv.margin - gate.Margin) / 2)))
	inv.mu.Lock()
	defer inv.mu.Unlock()
	for _, h := range inv.running {
		if h.cancel == nil {
			continue
		}
		if ends, ok := h.ctx.Deadline(); !ok || ends.After(s.deadline) {
			h.cancel(ErrDeadline)
		}
	}
}

// progress starts hooks if it is time, and reports whether none is left.
func (inv *invocation) progress(s *supervision) (done bool) {
	if s.started.IsZero() {
		if !inv.mayStart() {
			return inv.isFinished()
		}
		s.started = time.Now()
		s.responded = inv.responded()
		if !s.responded && !inv.panicked() && inv.onLambda {
			inv.contextWarning.Do(func() { inv.reporter.log.warn(inv, foreignContextWarning) })
		}
	}
	if !s.deadline.IsZero() && !wallNow().Before(s.deadline) {
		inv.abandonStack(noTime)
	} else if h := inv.pop(); h != nil {
		go inv.runHook(h)
	}
	return inv.closeIfDone()
}

// wallNow is without Go's monotonic clock, which may stand still in a freeze.
func wallNow() time.Time { return time.Now().Round(0) }

// mayStart reports whether hooks can start: because the response has been sent,
// because the handler has panicked, or because it has returned and its context does
// not end when the response is sent.
func (inv *invocation) mayStart() bool {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if inv.closed || inv.outcome == "" {
		return false
	}
	if inv.outcome != OutcomePanic && inv.Err() == nil && inv.endsWithInvocation() {
		return false
	}
	inv.slot.SetPhase(blackbox.Hooks)
	return true
}

// responded reports whether hooks start because the response has been sent.
func (inv *invocation) responded() bool {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	return inv.outcome != OutcomePanic && inv.direct && !inv.ctxEndedEarly && inv.Err() == context.Canceled
}

func (inv *invocation) panicked() bool {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	return inv.outcome == OutcomePanic
}

// longestTimeout is the longest that a function can have
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html).
const longestTimeout = 15 * time.Minute

// endsWithInvocation reports whether the handler's context ends when aws-lambda-go
// has sent the response, or before, as far as its deadline shows: a middleware may
// have replaced Lambda's context by one that ends later or never. Without an INVOKE
// event, as on Lambda Managed Instances, the function's timeout is not known, and a
// later deadline is recognized only if no function can have it.
func (inv *invocation) endsWithInvocation() bool {
	if inv.Done() == nil {
		return false
	}
	if inv.direct {
		return true
	}
	ends, ok := inv.Deadline()
	timeout, known := inv.entry.Timeout()
	if !known {
		timeout = inv.began.Add(longestTimeout)
	}
	return ok && !ends.After(timeout)
}

const (
	notAwakeWarning = "the environment is not kept awake for this invocation any more, so that its hooks may be frozen: " +
		"the timeout is near, the handler was called late, or another wrapped handler of the invocation was done before; " +
		"wrap the outermost handler, as postinvoke.Start does"
	foreignContextWarning = "hooks may start before the response is sent, because the wrapped handler is not the " +
		"outermost one, or its context was cancelled early: wrap the outermost handler, as postinvoke.Start does"
)

// warnIfReleased warns that nothing keeps the environment awake for the invocation.
// That is not always known when its handler is called.
func (inv *invocation) warnIfReleased() {
	if inv.entry.Released() {
		inv.reporter.log.warn(inv, notAwakeWarning)
	}
}

// stopHooks gives hooks that run a moment to end, and starts no others.
func (inv *invocation) stopHooks() {
	inv.mu.Lock()
	inv.closed = true
	for _, h := range inv.running {
		if h.cancel != nil {
			h.cancel(ErrShutdown)
		}
	}
	inv.mu.Unlock()
	inv.abandonStack(shutsDown)
	grace := time.NewTimer(hooksGrace)
	defer grace.Stop()
	for !inv.closeIfDone() {
		select {
		case <-inv.changed:
		case <-grace.C:
			inv.abandonAll(OutcomeStopped, overranAtEnd, shutsDown)
		}
	}
}

// watch has doneWithoutHooks called when the context of the invocation has ended, or
// when the INVOKE event shows that it outlives the invocation. An observer may block,
// and so is not called in the goroutine that holds the environment: that one has to
// release it in time.
func (inv *invocation) watch() {
	if !inv.outside && !inv.reporter.observesInvocations() && inv.entry.Watch(contextEnd{inv}) {
		return
	}
	context.AfterFunc(inv.Context, contextEnd{inv}.Ended)
	if inv.direct {
		return
	}
	if arrived := inv.entry.Arrived(); arrived != nil {
		go func() {
			<-arrived
			if !inv.endsWithInvocation() {
				contextEnd{inv}.Ended()
			}
		}()
	}
}

// contextEnd is the end of an invocation's context, for package gate.
type contextEnd struct{ *invocation }

// Done returns a closed channel for a context that outlives the invocation. That is
// known when the invocation is held.
func (e contextEnd) Done() <-chan struct{} {
	if !e.endsWithInvocation() {
		return closed
	}
	return e.invocation.Done()
}

// Ended finishes the invocation if its handler has returned. Otherwise the return does.
func (e contextEnd) Ended() {
	e.mu.Lock()
	e.watched = false
	e.mu.Unlock()
	e.doneWithoutHooks()
}

var closed = make(chan struct{})

func init() { close(closed) }
