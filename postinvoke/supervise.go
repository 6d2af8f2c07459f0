package postinvoke

import (
	"log/slog"
	"time"

	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/record"
)

// supervise sees the hooks of an invocation through, from the registration of
// the first until all are over.
func (inv *invocation) supervise() {
	defer inv.life.roster.leave(inv)
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
			if outcome, _ := inv.ended(); outcome == outcomePanic || sent == nil {
				s.released = time.Now()
				return true
			}
			returned = nil
		case <-sent:
			if outcome, early := inv.ended(); outcome != "" {
				s.released, s.responded = time.Now(), outcome != outcomePanic && !early
				return true
			}
			sent = nil
		case <-s.giveUp:
			inv.abandon(noTime)
			return false
		case <-inv.stopped:
			inv.stopHooks(s)
			return false
		}
	}
}

// ended returns the outcome of the handler, empty while it runs, and whether the
// context had ended before it returned.
func (inv *invocation) ended() (outcome string, early bool) {
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
		case <-inv.stopped:
			inv.stopHooks(s)
			return
		}
	}
}

// stopHooks gives hooks that run a moment to end, and starts no others.
func (inv *invocation) stopHooks(s *supervision) {
	inv.mu.Lock()
	inv.closed = true
	for _, h := range inv.running {
		if h.cancel != nil {
			h.cancel()
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
			inv.abandon(shutsDown)
			return
		case <-s.giveUp:
			inv.abandon(shutsDown)
			return
		}
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
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if inv.concluded != nil {
		close(inv.concluded)
	}
}
