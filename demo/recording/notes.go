package recording

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// Notes says what is remarkable about an invocation.
func (inv *Invocation) Notes() []string {
	var notes []string
	switch {
	case inv.Fate.Renewed:
		notes = append(notes, "cold start after the reset")
	case inv.Report.Init > 0 && inv.Fate.Early:
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
	case inv.Fate.Reset != "":
		notes = append(notes, "environment reset")
	case inv.Fate.Missed:
		notes = append(notes, "the wrapped handler was not called")
	}
	return append(notes, inv.Hooks.notes("hooks")...)
}

// ResponseAfter says how long the caller waited.
func (inv *Invocation) ResponseAfter() string { return Milliseconds(inv.Response.Latency) }

// Billed says what Lambda bills.
func (inv *Invocation) Billed() string {
	return fmt.Sprintf("%d ms", inv.Report.Billed.Milliseconds())
}

// HooksTook says for how long hooks ran after the response.
func (inv *Invocation) HooksTook() string {
	switch {
	case inv.Hooks != nil:
		if inv.Hooks.Unmeasured {
			return "none ran"
		}
		return fmt.Sprintf("%.1f ms", inv.Hooks.Ms)
	case inv.Fate.Reset != "" && inv.Response.FunctionError == "":
		return "unknown" // who would have reported them is gone
	case inv.Unlogged:
		return "not logged"
	}
	return "no hooks"
}

// notes says what was wrong with hooks, if anything.
func (h *Hooks) notes(what string) []string {
	var notes []string
	if h != nil && h.Failures > 0 {
		notes = append(notes, what+" failed: "+strconv.Itoa(h.Failures))
	}
	if h != nil && h.Abandoned > 0 {
		notes = append(notes, what+" abandoned: "+strconv.Itoa(h.Abandoned))
	}
	return notes
}

// End says how the environment ended, if it did.
func (r *Recording) End() string {
	s := r.Shutdown
	switch {
	case r.EndedByReset():
		return "no environment is left to shut down: the reset ended it"
	case s == nil && r.killed():
		return "the environment was killed, without a shutdown"
	case s == nil:
		return "the environment was not shut down yet"
	}
	end := []string{fmt.Sprintf("environment shut down after %s, reason: %s", inWords(s.Since), s.Reason)}
	if len(s.Killed) > 0 {
		end = append(end, "killed: "+strings.ReplaceAll(strings.Join(s.Killed, ", "), lambdaenv.RuntimeName, "function"))
	}
	return strings.Join(append(end, s.Hooks.notes("shutdown hooks")...), ", ")
}

// inWords renders a time that can be anything from milliseconds to minutes.
func inWords(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
