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

// Interrupted describes when a run was ended.
func (r *Recording) Interrupted(by string) string {
	var at time.Duration
	if n := len(r.Moments); n > 0 {
		at = r.Moments[n-1].Since
	}
	return fmt.Sprintf("Ended by %s after %s.", by, Length(at))
}

// End describes how the environment ended, if it did.
func (r *Recording) End() string {
	s := r.Shutdown
	var end []string
	switch {
	case r.Reset:
		end = []string{"no environment is left to shut down: the reset ended it"}
	case s == nil:
		return "the environment was not shut down"
	default:
		end = []string{fmt.Sprintf("environment shut down after %s, reason: %s", Length(s.Since), s.Reason)}
		if len(s.Killed) > 0 {
			killed := strings.ReplaceAll(strings.Join(s.Killed, ", "), lambdaenv.RuntimeName, "function")
			end = append(end, "killed: "+killed)
		}
		end = append(end, s.Hooks.notes("shutdown hooks")...)
	}
	return strings.Join(append(end, r.Lost.notes()...), ", ")
}

// Length renders how long something took, to three digits or so.
func Length(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case d > 0 && d < time.Microsecond:
		return "under 1 µs"
	case d < 100*time.Microsecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", ms)
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.1f ms", ms)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", ms)
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// notes describes what was wrong with hooks, if anything. The log has which.
func (h *Hooks) notes(what string) []string {
	var notes []string
	if h != nil && h.Failures > 0 {
		notes = append(notes, fmt.Sprintf("%s failed: %d", what, h.Failures))
	}
	if h != nil && h.Abandoned > 0 {
		notes = append(notes, fmt.Sprintf("%s abandoned: %d", what, h.Abandoned))
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

// listed lists n hooks, of which the names are known or not.
func listed(names []string, n int) string {
	const most = 3 // that are named; the others are counted
	var short []string
	for _, name := range names[:min(len(names), most, n)] {
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
