package report

import (
	"fmt"
	"time"
)

// A lane is one of the participants.
type lane int

// The lanes, from top to bottom. Hooks run in the function, but have a separate
// lane beneath it, in which they do not hide each other.
const (
	caller lane = iota
	platform
	function
	hooks
	goroutine // instead of hooks, without the library
	extension
	others // extensions of other vendors
	lanes  // how many there are
)

func (l lane) String() string {
	return [lanes]string{"caller", "platform", "function", "hooks", "goroutine", "extension", "others"}[l]
}

// A kind is what happens in a span; it is also the name of its style.
type kind string

const (
	waiting  kind = "waiting"  // the caller waits
	starting kind = "init"     // the Init phase
	serving  kind = "serving"  // an invocation, as the platform counts it
	handling kind = "handler"  // the handler runs
	hooking  kind = "hook"     // a hook runs
	unknown  kind = "unknown"  // nothing is known of hooks
	frozen   kind = "frozen"   // nothing runs
	ending   kind = "shutdown" // the environment ends
	event    kind = "event"    // something that takes no time
)

// A span is something that happens for some time.
type span struct {
	Lane     lane
	Kind     kind
	Name     string // what it is, in a word or two
	Note     string // what was wrong with it, in a word
	Detail   string // sentences that explain it
	Open     bool   // it had not ended when the recording ended
	Failed   bool
	from, to time.Duration

	request    string
	hook       string // the hook's function and where that is, as the library logs it
	place      string // its file and line
	returned   bool   // it was abandoned, and has returned since
	byPlatform bool   // Lambda has answered the caller, as the function could not
}

func (s *span) end(at time.Duration) { s.to, s.Open = at, false }

func (s *span) length() time.Duration { return s.to - s.from }

// Whole is the name with what was wrong.
func (s *span) Whole() string {
	if s.Note == "" {
		return s.Name
	}
	return s.Name + ", " + s.Note
}

// inMs is d in milliseconds.
func inMs(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// length renders how long something took, to three digits or so.
func length(d time.Duration) string {
	switch {
	case d > 0 && d < time.Microsecond:
		return "under 1 µs"
	case d < 100*time.Microsecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", inMs(d))
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.1f ms", inMs(d))
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", inMs(d))
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	d = d.Round(time.Second)
	return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
