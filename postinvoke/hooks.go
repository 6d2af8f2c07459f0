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
	overran      = "it still ran when its time was up"
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
	inv.stack[last] = nil
	inv.stack = inv.stack[:last]
	inv.slot.Pop()
	inv.addRunning(h)
	inv.popped = true
	return h
}

// addRunning adds h, which is about to be called, to those that run. Its context
// keeps the values of the one that h was registered with, and ends at the
// deadline of hooks or when the environment shuts down. The caller holds the
// lock.
func (inv *invocation) addRunning(h *hook) {
	h.began = time.Now()
	h.running, h.place = true, len(inv.running)
	inv.running = append(inv.running, h)
	if h.timeout <= 0 {
		h.timeout = inv.hookTimeout
	}
	if h.plain != nil {
		return
	}
	ends, known := inv.hooksDeadline()
	cause := ErrDeadline
	if own := h.began.Add(h.timeout); h.timeout > 0 && (!known || own.Before(ends)) {
		ends, known, cause = own, true, ErrHookTimeout
	}
	h.ctx, h.cancel = context.WithCancelCause(context.WithoutCancel(h.ctx))
	if known {
		h.ctx, h.stop = context.WithDeadlineCause(h.ctx, ends, cause)
	}
}

// removeRunning removes h, which has returned, from those that run, and reports
// false if it was abandoned before.
func (inv *invocation) removeRunning(h *hook, failed bool) bool {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if !h.running {
		return false
	}
	inv.remove(h)
	if failed {
		inv.failures++
	}
	return true
}

// remove removes h from the hooks that run. The caller holds the lock.
func (inv *invocation) remove(h *hook) {
	last := len(inv.running) - 1
	moved := inv.running[last]
	inv.running[h.place], moved.place = moved, h.place
	inv.running[last] = nil
	inv.running = inv.running[:last]
	h.running = false
	if h.stacked {
		inv.popped = false
		inv.slot.Done()
	} else {
		inv.slot.GoDone(h.boxPlace)
	}
}

// isOver reports whether no more hooks are accepted, and none is left.
func (inv *invocation) isOver() bool {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	return inv.closed && len(inv.running) == 0
}

// closeIfDone closes the invocation if no hook is left, and reports whether that
// is so.
func (inv *invocation) closeIfDone() bool {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	done := len(inv.stack) == 0 && len(inv.running) == 0
	inv.closed = inv.closed || done
	return done
}

// call calls h, and notes how that ended.
func (inv *invocation) call(h *hook) {
	if h.timeout > 0 {
		overrun := time.AfterFunc(h.timeout+hooksGrace, func() { inv.abandonOne(h) })
		defer overrun.Stop()
	}
	h.call(h.ctx, func(failed *failure) {
		took := time.Since(h.began)
		failed.explain(h.ctx)
		if h.cancel != nil {
			h.cancel(nil)
		}
		if h.stop != nil {
			h.stop()
		}
		if inv.log.debug(inv) { // to name a hook takes a moment
			inv.log.about(inv, slog.LevelDebug, record.HookFinished,
				slog.String(record.Hook, h.String()), ms(record.HookMs, took))
		}
		if failed != nil {
			inv.environment.hookFailed(inv, inv.log, h, failed, took)
		}
		inTime := inv.removeRunning(h, failed != nil)
		inv.lookAgain()
		if !inTime {
			inv.log.about(inv, slog.LevelWarn, record.HookLate,
				slog.String(record.Hook, h.String()), ms(record.LateMs, time.Since(inv.began)-h.abandoned))
			inv.environment.abandonedReturned()
		}
	})
}

// abandonOne gives up a hook that overruns its own timeout. The others go on.
func (inv *invocation) abandonOne(h *hook) {
	inv.mu.Lock()
	if !h.running {
		inv.mu.Unlock()
		return
	}
	h.running = false
	h.abandoned = max(1, time.Since(inv.began))
	inv.abandoned++
	inv.mu.Unlock()
	inv.environment.hookAbandoned(inv, inv.log, h, true, "it did not return within its timeout of "+h.timeout.String())
	// The invocation is not over before the record is written.
	inv.mu.Lock()
	inv.remove(h)
	inv.mu.Unlock()
	inv.lookAgain()
}

// abandon closes the invocation, and gives up the hooks that run or wait.
func (inv *invocation) abandon(stackReason string) {
	reason := overran
	if stackReason == shutsDown {
		reason = overranAtEnd
	}
	inv.mu.Lock()
	inv.closed = true
	var running, inLog []*hook
	for _, h := range inv.running {
		if !h.running { // abandonOne is logging it
			h.place = len(inLog)
			inLog = append(inLog, h)
			continue
		}
		h.running = false
		h.abandoned = max(1, time.Since(inv.began))
		running = append(running, h)
	}
	inv.running = inLog
	inv.abandoned += len(running)
	if inv.outcome == "" { // the handler has no time left either
		inv.outcome, inv.handlerEnd = outcomeTimeout, time.Now()
	}
	inv.mu.Unlock()
	for _, h := range slices.Backward(running) {
		inv.environment.hookAbandoned(inv, inv.log, h, true, reason)
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
	if len(stack) == 0 {
		return
	}
	for _, h := range slices.Backward(stack) {
		inv.environment.hookAbandoned(inv, inv.log, h, false, reason)
	}
	inv.mu.Lock()
	inv.slot.Drop()
	inv.mu.Unlock()
}
