package recording

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// IdleOnAWS is the sentence of an introduction about when an environment
// would end on AWS.
const IdleOnAWS = "AWS shuts an environment down when it has been idle for some minutes (others report five to ten)."

// Times describes in an introduction how many invocations there are.
func Times(invocations int) string {
	if invocations == 1 {
		return "1 invocation"
	}
	return fmt.Sprintf("%d invocations", invocations)
}

// Interrupted describes when a run of so many invocations was ended.
func (r *Recording) Interrupted(by string, invocations int) string {
	var at time.Duration
	if n := len(r.Moments); n > 0 {
		at = r.Moments[n-1].Since
	}
	where := fmt.Sprintf("after invocation %d of %d", r.env.calls, invocations)
	switch {
	case r.env.shuttingDown:
		where = "in the shutdown"
	case r.env.calls == 0:
		where = "before the first invocation"
	case r.env.serving:
		where = fmt.Sprintf("in invocation %d of %d", r.env.calls, invocations)
	}
	return fmt.Sprintf("Ended by %s after %s, %s.", by, inWords(at), where)
}

// ResponseAfter describes how long the caller waited.
func (inv *Invocation) ResponseAfter() string { return Milliseconds(inv.Response.Latency) }

// Billed describes what Lambda bills.
func (inv *Invocation) Billed() string {
	return fmt.Sprintf("%d ms", inv.Report.Billed.Milliseconds())
}

// HooksTook describes for how long hooks ran, or what else is known of them.
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

// Notes describes what is remarkable about an invocation.
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
	return append(notes, inv.Hooks.notes("hooks", inv.troubles)...)
}

// End describes how the environment ended, if it did.
func (r *Recording) End() string {
	s := r.Shutdown
	var end []string
	switch {
	case r.EndedByReset():
		end = []string{"no environment is left to shut down: the reset ended it"}
	case s == nil && r.env.killed:
		return "the environment was killed, without a shutdown"
	case s == nil:
		return "the environment was not shut down yet"
	default:
		end = []string{fmt.Sprintf("environment shut down after %s, reason: %s", inWords(s.Since), s.Reason)}
		if len(s.Killed) > 0 {
			killed := strings.ReplaceAll(strings.Join(s.Killed, ", "), lambdaenv.RuntimeName, "function")
			end = append(end, "killed: "+killed)
		}
		end = append(end, s.Hooks.notes("shutdown hooks", s.troubles)...)
	}
	return strings.Join(append(end, r.Lost.notes()...), ", ")
}

// inWords renders a time that can be anything from milliseconds to minutes.
func inWords(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// notes describes what was wrong with hooks, if anything, and with which.
func (h *Hooks) notes(what string, t troubles) []string {
	var notes []string
	if h != nil && h.Failures > 0 {
		notes = append(notes, what+" failed: "+listed(t.failed, h.Failures))
	}
	if h != nil && h.Abandoned > 0 {
		notes = append(notes, what+" abandoned: "+listed(t.abandoned, h.Abandoned))
	}
	return notes
}

// notes describes which were lost, if any.
func (l *Lost) notes() []string {
	if l == nil {
		return nil
	}
	what := ""
	if l.RequestID == "" {
		what = "shutdown function "
	}
	var notes []string
	if l.Running > 0 {
		notes = append(notes, what+"lost in the middle: "+listed(l.Ran, l.Running))
	}
	if l.NotStarted > 0 {
		notes = append(notes, what+"lost before it started: "+listed(l.Waited, l.NotStarted))
	}
	return notes
}

// mostNames is how many hooks are named; the others are counted.
const mostNames = 3

// listed lists n hooks, of which the names are known or not.
func listed(names []string, n int) string {
	var short []string
	for _, name := range names[:min(len(names), mostNames, n)] {
		name, place := ShortHook(name)
		if place != "" {
			name += " (" + place + ")"
		}
		short = append(short, name)
	}
	switch more := n - len(short); {
	case len(short) == 0:
		return fmt.Sprint(n)
	case more > 0:
		short = append(short, fmt.Sprintf("%d more", more))
	}
	return strings.Join(short, ", ")
}

// functionName is what the library calls a hook that was given no name: the
// function, and the place where it is defined unless it is a method value.
var functionName = regexp.MustCompile(`^([^ ]*/)?([^ /]+\.[^ /]+)( \((.*/)?([^/]+:\d+)\))?$`)

// ShortHook leaves out of a function's name what is the same for most: the paths
// of its package and of its file. A name that was given to a hook is all name.
func ShortHook(hook string) (name, place string) {
	parts := functionName.FindStringSubmatch(hook)
	if parts == nil {
		return hook, ""
	}
	return strings.TrimPrefix(parts[2], "main."), parts[5]
}
