package postinvoke

import (
	"context"
	"slices"
	"time"
)

// Reasons for which hooks are abandoned.
const (
	noTime       = "no time was left to start it before the function's timeout"
	overran      = "it still ran when its time was up"
	shutsDown    = "it had not started when the environment was shut down"
	overranAtEnd = "it did not return when the environment was shut down"
)

// pop takes the next hook from the stack, unless one from there runs.
func (inv *invocation) pop() *hook {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	last := len(inv.stack) - 1
	if last < 0 || inv.stackRunning {
		return nil
	}
	h := inv.stack[last]
	inv.stack[last] = nil
	inv.stack = inv.stack[:last]
	inv.slot.Pop()
	inv.addRunning(h)
	inv.stackRunning = true
	return h
}

// addRunning adds h, which is about to be called, to the hooks that run, and makes
// the context to call it with. The caller holds the lock.
func (inv *invocation) addRunning(h *hook) {
	h.started = time.Now()
	h.running, h.runningIndex = true, len(inv.running)
	inv.running = append(inv.running, h)
	if h.plain != nil {
		return
	}
	ends, known := inv.hooksDeadline()
	cause := ErrDeadline
	if own := h.started.Add(h.timeout); h.timeout > 0 && (!known || own.Before(ends)) {
		ends, known, cause = own, true, ErrHookTimeout
	}
	h.ctx, h.cancel = context.WithCancelCause(context.WithoutCancel(h.ctx))
	if known {
		h.ctx, h.stopTimer = context.WithDeadlineCause(h.ctx, ends, cause)
	}
}

// remove removes h from the hooks that run. The caller holds the lock.
func (inv *invocation) remove(h *hook) {
	last := len(inv.running) - 1
	moved := inv.running[last]
	inv.running[h.runningIndex], moved.runningIndex = moved, h.runningIndex
	inv.running[last] = nil
	inv.running = inv.running[:last]
	if h.stacked {
		inv.stackRunning = false
		inv.slot.Done()
	} else {
		inv.slot.GoDone(h.slotIndex)
	}
}

// isFinished reports whether no more hooks are accepted, and none run.
func (inv *invocation) isFinished() bool {
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

// runHook calls h, and reports how that ended.
func (inv *invocation) runHook(h *hook) {
	if h.timeout > 0 {
		overrun := time.AfterFunc(min(h.timeout, forever-hooksGrace)+hooksGrace, func() { inv.abandonOne(h) })
		defer overrun.Stop()
	}
	h.invoke(h.ctx, func(result HookResult) {
		if h.cancel != nil {
			h.cancel(nil)
		}
		if h.stopTimer != nil {
			h.stopTimer()
		}
		if !inv.finishRunning(h, result) {
			inv.reportLate(h, result)
			return
		}
		// The invocation is not finished before that is reported.
		defer inv.removeRunning(h)
		inv.reportHook(h, result)
	})
}

// finishRunning notes that h has returned, and reports false if it was abandoned
// before.
func (inv *invocation) finishRunning(h *hook, result HookResult) bool {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if !h.running {
		return false
	}
	h.running = false
	if result.Err != nil {
		inv.failures++
	}
	return true
}

// removeRunning removes h, which was reported, from the hooks that run.
func (inv *invocation) removeRunning(h *hook) {
	inv.mu.Lock()
	inv.remove(h)
	inv.mu.Unlock()
	inv.signalChange()
}

// abandonOne abandons a hook that overruns its own timeout. The others continue.
func (inv *invocation) abandonOne(h *hook) {
	inv.mu.Lock()
	if !h.running {
		inv.mu.Unlock()
		return
	}
	inv.markAbandoned(h)
	inv.mu.Unlock()
	// The invocation is not finished before that is reported.
	defer inv.removeRunning(h)
	inv.reportHook(h, h.abandonedResult("it did not return within its timeout of "+h.timeout.String()))
}

// markAbandoned notes that h, which runs, is abandoned. The caller holds the lock.
func (inv *invocation) markAbandoned(h *hook) {
	h.running = false
	h.abandoned = time.Now()
	inv.abandoned++
}

// abandonAll closes the invocation, and abandons the hooks that run or wait, each
// with the reason given. outcome is that of the handler if it still runs.
func (inv *invocation) abandonAll(outcome Outcome, runningReason, waitingReason string) {
	inv.mu.Lock()
	inv.closed = true
	var abandoned, reported []*hook
	for _, h := range inv.running {
		if !h.running { // it has ended, and is being reported
			h.runningIndex = len(reported)
			reported = append(reported, h)
			continue
		}
		inv.markAbandoned(h)
		abandoned = append(abandoned, h)
	}
	inv.running = reported
	if inv.outcome == "" {
		inv.outcome, inv.handlerReturned = outcome, time.Now()
	}
	inv.mu.Unlock()
	for _, h := range slices.Backward(abandoned) {
		inv.reportAbandoned(h, runningReason)
	}
	inv.abandonStack(waitingReason)
}

// abandonStack abandons the hooks that have not started.
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
		inv.reportAbandoned(h, reason)
	}
	inv.mu.Lock()
	defer inv.mu.Unlock()
	inv.slot.Drop()
	for _, h := range inv.stack { // registered in the meantime
		inv.slot.Push(h)
	}
}

// reportAbandoned reports h in a goroutine of its own: an observer that calls
// runtime.Goexit must not end supervise.
func (inv *invocation) reportAbandoned(h *hook, reason string) {
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		inv.reportHook(h, h.abandonedResult(reason))
	}()
	<-reported
}

func (inv *invocation) reportHook(h *hook, result HookResult) {
	result.RequestID = inv.requestID
	inv.reporter.hook(h, result)
}

func (inv *invocation) reportLate(h *hook, result HookResult) {
	result.RequestID = inv.requestID
	inv.reporter.lateHook(h, result)
}
