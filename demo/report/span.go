package report

import (
	"fmt"
	"time"

	"example.com/postinvoke/demo/recording"
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
	numLanes
)

func (l lane) String() string {
	return [numLanes]string{"caller", "platform", "function", "hooks", "goroutine", "extension", "others"}[l]
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

	hook    string // the hook's function and where that is, as the library logs it
	place   string // its file and line
	request string
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

// Label describes the span beside it. What can be cut off comes last.
func (s *span) Label() string {
	label := s.Whole()
	switch {
	case s.Kind == event, s.Kind == waiting, s.Kind == unknown, s.Open:
	case s.Note == "":
		label += " " + recording.Length(s.length())
	case s.Note != noteLost: // that may have begun before the bar
		label += " after " + recording.Length(s.length())
	}
	if s.place != "" {
		label += " (" + s.place + ")"
	}
	return label
}

// Length is how long it took, if it is no mark.
func (s *span) Length() string {
	switch {
	case s.Kind == event:
		return ""
	case s.Open:
		return recording.Length(s.length()) + " so far"
	}
	return recording.Length(s.length())
}

// At is when it began, as the log has it.
func (s *span) At() string { return seconds(s.from) }

// FromMs is when it began, for the live page and tests.
func (s *span) FromMs() float64 { return inMs(s.from) }

// ToMs is when it ended, for tests.
func (s *span) ToMs() float64 { return inMs(s.to) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }

// inMs is d in milliseconds.
func inMs(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
