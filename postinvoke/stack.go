package postinvoke

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"example.com/postinvoke/record"
)

// Reasons for which hooks are abandoned.
const (
	noTime       = "no time was left to start it before the function's timeout"
	overran      = "it did not return when its context was cancelled"
	shutsDown    = "it had not started when the environment was shut down"
	overranAtEnd = "it did not return when the environment was shut down"
)

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
	inv.takeUp(h)
	inv.popped, h.popped = true, true
	return h
}

// takeUp adds h, which is about to be called, to those that run. Its context
// keeps the values of the one that h was registered with, and ends at the
// deadline of hooks or when the environment shuts down. The caller holds the
// lock.
func (inv *invocation) takeUp(h *hook) {
	inv.running = append(inv.running, h)
	if h.plain != nil {
		return
	}
	ctx := context.WithoutCancel(h.ctx)
	if deadline, ok := inv.hooksDeadline(); ok {
		h.ctx, h.cancel = context.WithDeadline(ctx, deadline)
	} else {
		h.ctx, h.cancel = context.WithCancel(ctx)
	}
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
	began := time.Now()
	h.call(h.ctx, func(failed *failure) {
		took := time.Since(began)
		if h.cancel != nil {
			h.cancel()
		}
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
			inv.life.abandonedReturned()
		}
	})
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
