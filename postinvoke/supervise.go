package postinvoke

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/record"
)

// Reasons for which hooks are abandoned.
const (
	noTime       = "no time was left to start it before the function's timeout"
	overran      = "it did not return when its context was cancelled"
	shutsDown    = "it had not started when the environment was shut down"
	overranAtEnd = "it did not return when the environment was shut down"
)

// supervise sees the hooks of an invocation through, from the registration of
// the first until all are over.
func (inv *invocation) supervise() {
	defer inv.life.supervisors.end()
	var s supervision
	if deadline, ok := inv.hooksDeadline(); ok {
		s.deadline = deadline
		// Half way between the deadline of the hooks and the moment at which
		// the extension stops waiting, so that the report finds the log.
		giveUp := time.NewTimer(time.Until(deadline.Add((inv.margin - gate.Margin) / 2)))
		defer giveUp.Stop()
		s.giveUp = giveUp.C
	}
	if inv.awaitResponse(&s) {
		inv.runHooks(&s)
	}
	inv.conclude(&s)
}

// hooksDeadline returns when the contexts of hooks end at the latest, and false
// if the invocation has no deadline.
func (inv *invocation) hooksDeadline() (time.Time, bool) {
	deadline, ok := inv.Deadline()
	return deadline.Add(-inv.margin), ok
}

// A supervision is what only supervise knows.
type supervision struct {
	deadline  time.Time        // of hooks; zero without one
	giveUp    <-chan time.Time // nil without a deadline
	released  time.Time        // when the hooks could start; zero if they never could
	responded bool             // and that was because the response was sent
}

// awaitResponse blocks until the hooks can start, and reports false if they
// cannot any more.
func (inv *invocation) awaitResponse(s *supervision) bool {
	sent, returned := inv.Done(), inv.returnedC
	for {
		select {
		case <-returned:
			// After a panic hooks run at once. And if the context cannot end,
			// or somebody cancelled the base context, nothing will tell when
			// the response is sent.
			if outcome, _ := inv.how(); outcome == outcomePanic || sent == nil {
				s.released = time.Now()
				return true
			}
			returned = nil
		case <-sent:
			if outcome, early := inv.how(); outcome != "" {
				s.released, s.responded = time.Now(), outcome != outcomePanic && !early
				return true
			}
			sent = nil
		case <-s.giveUp:
			inv.abandon(noTime)
			return false
		case <-inv.life.stopping.Done():
			inv.stopHooks(s)
			return false
		}
	}
}

// how returns the outcome of the handler, empty while it runs, and whether the
// context had ended before.
func (inv *invocation) how() (outcome string, early bool) {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	return inv.outcome, inv.early
}

// runHooks runs the stack, and returns when nothing is left or too little time.
func (inv *invocation) runHooks(s *supervision) {
	for {
		if !s.deadline.IsZero() && !time.Now().Round(0).Before(s.deadline) {
			inv.abandonStack(noTime)
		}
		if h := inv.pop(); h != nil {
			go inv.call(h)
		}
		if inv.closeIfDone() {
			return
		}
		select {
		case <-inv.changed:
		case <-s.giveUp:
			inv.abandon(noTime)
			return
		case <-inv.life.stopping.Done():
			inv.stopHooks(s)
			return
		}
	}
}

// stopHooks gives hooks that run a moment to end, and starts no others.
func (inv *invocation) stopHooks(s *supervision) {
	inv.mu.Lock()
	inv.closed = true
	inv.mu.Unlock()
	inv.abandonStack(shutsDown)
	grace := time.NewTimer(hooksGrace)
	defer grace.Stop()
	for !inv.closeIfDone() {
		select {
		case <-inv.changed:
		case <-grace.C:
			inv.abandon(shutsDown)
			return
		case <-s.giveUp:
			inv.abandon(shutsDown)
			return
		}
	}
}

// pop takes a hook off the stack, unless one from there runs.
func (inv *invocation) pop() *hook {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	last := len(inv.stack) - 1
	if last < 0 || inv.popped {
		return nil
	}
	h := inv.stack[last]
	inv.stack = inv.stack[:last]
	inv.running = append(inv.running, h)
	inv.popped, h.popped = true, true
	return h
}

// closeIfDone closes the invocation if no hook is left, and reports whether.
func (inv *invocation) closeIfDone() bool {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	done := len(inv.stack) == 0 && len(inv.running) == 0
	inv.closed = inv.closed || done
	return done
}

// call calls h, and takes note of how that ended.
func (inv *invocation) call(h *hook) {
	ctx, cancel := inv.contextFor(h)
	began := time.Now()
	h.call(ctx, func(failed *failure) {
		took := time.Since(began)
		cancel()
		if inv.log.Enabled(inv, slog.LevelDebug) { // to name a hook takes a moment
			inv.log.about(inv, slog.LevelDebug, record.HookFinished,
				slog.String(record.Hook, h.String()), ms(record.HookMs, took))
		}
		if failed != nil {
			inv.life.hookFailed(inv, inv.log, h, failed)
		}
		inv.mu.Lock()
		i := slices.Index(inv.running, h)
		if i >= 0 {
			inv.running = slices.Delete(inv.running, i, i+1)
			inv.popped = inv.popped && !h.popped
			if failed != nil {
				inv.failures++
			}
		}
		inv.mu.Unlock()
		inv.lookAgain()
		if i < 0 { // it had been given up
			inv.log.about(inv, slog.LevelWarn, record.HookLate,
				slog.String(record.Hook, h.String()), ms(record.LateMs, time.Since(inv.began)-h.abandoned))
		}
	})
}

// contextFor returns the context to call h with: it has the values of the one
// that h was registered with, and ends at the deadline of hooks or when the
// environment shuts down.
func (inv *invocation) contextFor(h *hook) (context.Context, func()) {
	if h.plain != nil {
		return nil, func() {}
	}
	ctx := context.WithoutCancel(h.ctx)
	var cancel context.CancelFunc
	if deadline, ok := inv.hooksDeadline(); ok {
		ctx, cancel = context.WithDeadline(ctx, deadline)
	} else {
		ctx, cancel = context.WithCancel(ctx)
	}
	forget := context.AfterFunc(inv.life.stopping, cancel)
	return ctx, func() { forget(); cancel() }
}

// abandon closes the invocation, and gives up whatever runs or waits.
func (inv *invocation) abandon(stackReason string) {
	reason := overran
	if stackReason == shutsDown {
		reason = overranAtEnd
	}
	inv.mu.Lock()
	inv.closed = true
	running := inv.running
	inv.running = nil
	inv.abandoned += len(running)
	for _, h := range running {
		h.abandoned = time.Since(inv.began)
	}
	if inv.outcome == "" { // the handler has no time left either
		inv.outcome, inv.handled = outcomeTimeout, time.Now()
	}
	inv.mu.Unlock()
	for _, h := range slices.Backward(running) {
		inv.life.hookAbandoned(inv, inv.log, h, true, reason)
	}
	inv.abandonStack(stackReason)
}

// abandonStack gives up the hooks that have not started.
func (inv *invocation) abandonStack(reason string) {
	inv.mu.Lock()
	stack := inv.stack
	inv.stack = nil
	inv.abandoned += len(stack)
	inv.mu.Unlock()
	for _, h := range slices.Backward(stack) {
		inv.life.hookAbandoned(inv, inv.log, h, false, reason)
	}
}

// conclude reports the hooks, to the log and then to the keeper: after that the
// environment may be frozen.
func (inv *invocation) conclude(s *supervision) {
	var took time.Duration
	if !s.released.IsZero() {
		took = time.Since(s.released)
	}
	inv.mu.Lock()
	if inv.outcome == "" {
		inv.outcome, inv.handled = outcomeStopped, time.Now()
	}
	attrs := []slog.Attr{
		slog.String(record.Outcome, inv.outcome),
		ms(record.HandlerMs, inv.handled.Sub(inv.began)),
	}
	if s.responded {
		attrs = append(attrs, ms(record.ResponseMs, s.released.Sub(inv.began)))
	}
	attrs = append(attrs,
		slog.Int(record.HookCount, inv.hooks),
		ms(record.HooksMs, took),
		slog.Int(record.Failures, inv.failures),
		slog.Int(record.Abandoned, inv.abandoned),
		slog.Bool(record.ColdStart, inv.coldStart),
		slog.String(record.Mode, inv.keeper.mode()))
	inv.mu.Unlock()
	inv.log.about(inv, slog.LevelInfo, record.Hooks, attrs...)
	inv.over(took)
	close(inv.concluded)
}
