package recording

import (
	"fmt"
	"strings"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// Notes says what is remarkable about an invocation.
func (inv *Invocation) Notes() []string {
	var notes []string
	switch {
	case inv.Renewed:
		notes = append(notes, "cold start after the reset")
	case inv.Report.Init > 0 && inv.Early:
		notes = append(notes, "cold start, its init before the call")
	case inv.Report.Init > 0:
		notes = append(notes, "cold start")
	}
	if status := inv.Report.Status; status != "success" {
		if inv.Response.FunctionError == "" {
			status += " after the response"
		}
		notes = append(notes, status)
	}
	switch {
	case inv.Reset != "":
		notes = append(notes, "environment reset")
	case inv.NotCalled:
		notes = append(notes, "the wrapped handler was not called")
	}
	if inv.Hooks != nil && inv.Hooks.BeforeError {
		notes = append(notes, "hooks ran before the error")
	}
	if inv.Unknown != "" {
		notes = append(notes, inv.Unknown)
	}
	notes = append(notes, inv.Lost.notes()...)
	return append(notes, inv.Hooks.notes("hooks", inv.troubled)...)
}

// ResponseAfter says how long the caller waited.
func (inv *Invocation) ResponseAfter() string { return Milliseconds(inv.Response.Latency) }

// Billed says what Lambda bills.
func (inv *Invocation) Billed() string {
	return fmt.Sprintf("%d ms", inv.Report.Billed.Milliseconds())
}

// HooksTook says for how long hooks ran, or what else is known of them.
func (inv *Invocation) HooksTook() string {
	switch h := inv.Hooks; {
	case h != nil && h.Unmeasured:
		return "none ran"
	case h != nil:
		return fmt.Sprintf("%.1f ms", h.Ms)
	case inv.Lost != nil:
		return fmt.Sprintf("%d lost", inv.Lost.Count())
	case inv.Unlogged:
		return "not logged"
	case inv.Unknown != "":
		return "unknown"
	}
	return "no hooks"
}

// notes says what was wrong with hooks, if anything, and with which.
func (h *Hooks) notes(what string, which troubled) []string {
	var notes []string
	if h != nil && h.Failures > 0 {
		notes = append(notes, what+" failed: "+listed(which.failed, h.Failures))
	}
	if h != nil && h.Abandoned > 0 {
		notes = append(notes, what+" abandoned: "+listed(which.abandoned, h.Abandoned))
	}
	return notes
}

// End says how the environment ended, if it did.
func (r *Recording) End() string {
	s := r.Shutdown
	switch {
	case r.EndedByReset():
		end := []string{"no environment is left to shut down: the reset ended it"}
		return strings.Join(append(end, r.Lost.notes()...), ", ")
	case s == nil && r.killed():
		return "the environment was killed, without a shutdown"
	case s == nil:
		return "the environment was not shut down yet"
	}
	end := []string{fmt.Sprintf("environment shut down after %s, reason: %s", inWords(s.Since), s.Reason)}
	if len(s.Killed) > 0 {
		end = append(end, "killed: "+strings.ReplaceAll(strings.Join(s.Killed, ", "), lambdaenv.RuntimeName, "function"))
	}
	end = append(end, s.Hooks.notes("shutdown hooks", s.troubled)...)
	return strings.Join(append(end, r.Lost.notes()...), ", ")
}

// inWords renders a time that can be anything from milliseconds to minutes.
func inWords(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
