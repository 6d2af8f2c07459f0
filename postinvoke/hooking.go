package postinvoke

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"example.com/postinvoke/record"
)

// This file runs the hooks of an invocation. Its methods pass the lock of the
// invocation from hand to hand, and give it up whenever code of others runs:
// a hook, or the handler of a logger.

// hookContext returns the context of hooks. The caller holds the lock.
func (inv *invocation) hookContext() context.Context {
	if inv.hookCtx != nil {
		return inv.hookCtx
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(inv))
	if deadline, ok := inv.Deadline(); ok {
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-inv.margin))
	}
	forget := context.AfterFunc(stopping, cancel)
	inv.hookCtx = ctx
	inv.cancel = func() { forget(); cancel() }
	return ctx
}

// advance runs what is on the stack, unless somebody is at it, and finishes
// the invocation when nothing is left. The caller holds the lock, and advance
// gives it back.
func (inv *invocation) advance() {
	for inv.phase == hooking && !inv.popped && len(inv.stack) > 0 {
		ctx := inv.hookContext()
		if deadline, ok := ctx.Deadline(); ok && !time.Now().Round(0).Before(deadline) {
			inv.abandonStack("no time was left to start it")
			continue
		}
		h := inv.stack[len(inv.stack)-1]
		inv.stack = inv.stack[:len(inv.stack)-1]
		inv.running = append(inv.running, h)
		inv.popped = true
		inv.mu.Unlock()
		inv.call(h, ctx, func(failed *failure) {
			inv.popped = false
			if failed.goexit() { // nobody will come back to this loop
				inv.advance()
			}
		})
	}
	if inv.phase == hooking && len(inv.stack) == 0 && len(inv.running) == 0 {
		inv.phase, inv.ended = over, time.Now()
		inv.mu.Unlock()
		inv.conclude()
		return
	}
	inv.mu.Unlock()
}

// call calls h, takes note of how that ended, and passes it on to then, which
// holds the lock.
func (inv *invocation) call(h *hook, ctx context.Context, then func(*failure)) {
	callsUnderWay.begin()
	h.call(ctx, func(failed *failure) {
		callsUnderWay.end()
		inv.settle(h, failed)
		then(failed)
	})
}

// settle takes note that h has returned or failed. It takes the lock, and
// leaves it to the caller.
func (inv *invocation) settle(h *hook, failed *failure) {
	if failed != nil {
		inv.log.about(inv, slog.LevelError, record.HookFailed, failed.attrs(h)...)
	}
	inv.mu.Lock()
	i := slices.Index(inv.running, h)
	inv.running = slices.Delete(inv.running, i, i+1)
	switch {
	case inv.phase == over: // it had been given up
		late := time.Since(inv.ended)
		inv.mu.Unlock()
		inv.log.about(inv, slog.LevelWarn, record.HookLate,
			slog.String(record.Hook, h.String()), ms(record.LateMs, late))
		inv.mu.Lock()
	case failed != nil:
		inv.failures++
	}
}

// abandon finishes the invocation, whatever still runs or waits. The caller
// holds the lock, and abandon gives it back.
func (inv *invocation) abandon(reason string) {
	if inv.phase == over {
		inv.mu.Unlock()
		return
	}
	inv.phase, inv.ended = over, time.Now()
	running := slices.Clone(inv.running)
	inv.abandoned += len(running)
	inv.abandonStack("no time was left to start it")
	inv.mu.Unlock()
	for _, h := range running {
		inv.logAbandoned(h, reason)
	}
	inv.conclude()
}

// abandonStack gives up the hooks that have not started. The caller holds the
// lock.
func (inv *invocation) abandonStack(reason string) {
	stack := inv.stack
	inv.stack = nil
	inv.abandoned += len(stack)
	inv.mu.Unlock()
	for _, h := range slices.Backward(stack) {
		inv.logAbandoned(h, reason)
	}
	inv.mu.Lock()
}

func (inv *invocation) logAbandoned(h *hook, reason string) {
	inv.log.about(inv, slog.LevelError, record.HookAbandoned,
		slog.String(record.Hook, h.String()), slog.String(record.Reason, reason))
}

// conclude reports an invocation that is over, to the log and then to the
// keeper: after that the environment may be frozen.
func (inv *invocation) conclude() {
	if inv.giveUp != nil {
		inv.giveUp.Stop()
	}
	if inv.cancel != nil {
		inv.cancel()
	}
	var took time.Duration
	if !inv.released.IsZero() {
		took = inv.ended.Sub(inv.released)
	}
	if inv.hooks > 0 {
		inv.logSummary(took)
	}
	inv.keeper.done(inv.requestID, took)
	if inv.finished != nil {
		close(inv.finished)
	}
}

func (inv *invocation) logSummary(took time.Duration) {
	attrs := []slog.Attr{
		slog.String(record.Outcome, inv.outcome),
		ms(record.HandlerMs, inv.handled.Sub(inv.began)),
	}
	if inv.outcome == outcomeOK || inv.outcome == outcomeError {
		attrs = append(attrs, ms(record.ResponseMs, inv.released.Sub(inv.began)))
	}
	attrs = append(attrs,
		slog.Int(record.HookCount, inv.hooks),
		ms(record.HooksMs, took),
		slog.Int(record.Failures, inv.failures),
		slog.Int(record.Abandoned, inv.abandoned),
		slog.Bool(record.ColdStart, inv.coldStart),
		slog.String(record.Mode, inv.keeper.mode()))
	inv.log.about(inv, slog.LevelInfo, record.Hooks, attrs...)
}
