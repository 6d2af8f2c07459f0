// Package printer prints a recording while it grows: as text in columns for
// people, or as JSON for machines.
//
// # JSON
//
// Every line is one object, with a type:
//
//   - "entry": time, sinceStartMs, source (caller, platform, function or
//     extension), kind ("line" for what CloudWatch would show), and where there
//     are any extension (its name), requestId, text, remark and, when the caller
//     has the response, responseMs (what it waited).
//   - "invocation", when one has ended: requestId, status, responseMs, payload,
//     durationMs, billedMs, and where there are any functionError, initMs (of a
//     cold start), what the library reported (hooks, hooksMs, failures,
//     abandoned), lost (how many hooks were lost according to the extension with the
//     process), unknown (why it is not known what became of hooks), reset (why its
//     processes were ended: failure or timeout) and renewed (it began with new
//     ones, after a reset).
//   - "shutdown", at the end unless a reset was that: reason, sinceStartMs,
//     idleMs, tookMs and, where there are any, killed (the names of processes
//     that did not exit by themselves) and what the library reported about the
//     shutdown hooks.
//   - "check", on AWS at the end: function, claim, verdict (passed, failed or
//     not seen), figures and, of a failure, its meaning.
//
// All have function, where several functions are recorded.
package printer

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// New returns a printer that writes to w, in the way that fits stdout, where
// what is written ends up.
func New(w, stdout io.Writer, json bool) recording.Renderer {
	if json {
		return NewJSON(w)
	}
	return newText(w, Width(stdout), wantsColour(stdout))
}

const (
	// localMark begins what would not be found in CloudWatch.
	localMark = "── "

	// clockFrom is the width from which on there is room for the time of day.
	clockFrom = 100

	// sourceWidth is for the longest name of a source.
	sourceWidth = len("extension")

	// shownPayload is how many characters of an event or a response a terminal
	// shows, with the words before it.
	shownPayload = 330
)

// A text prints the log in columns, and a remark beneath the line that it is about.
type text struct {
	w       io.Writer
	width   int // of the terminal; 0: as wide as need be
	colours bool
	clock   bool // the time of day is shown
	room    int  // for text; 0: any
}

func newText(w io.Writer, width int, colours bool) *text {
	t := &text{w: w, width: width, colours: colours, clock: width == 0 || width >= clockFrom}
	if width > 0 {
		t.room = max(10, width-len(t.left("", "", "")))
	}
	return t
}

func (t *text) Began(r *recording.Recording) {
	var b bytes.Buffer
	legend := "What lines with " + strings.TrimSpace(localMark) + " show happens on Lambda, too, but is not in CloudWatch."
	for _, sentence := range append(slices.Clone(r.Intro), legend) {
		for _, line := range Wrap(sentence, t.width) {
			fmt.Fprintln(&b, line)
		}
	}
	fmt.Fprintf(&b, "\n%s\n", t.paint(dim, t.left("TIME (UTC)", "ELAPSED", "SOURCE")+"LOG"))
	t.w.Write(b.Bytes())
}

func (t *text) Moment(_ *recording.Recording, m *recording.Moment) {
	if m.Display == "" {
		return
	}
	shown := m.Display // whole, where it may be searched or kept
	if t.width > 0 {
		shown = m.Short(shownPayload)
	}
	if m.NotInCloudWatch() {
		shown = localMark + shown
	}
	left := t.left(m.Time.UTC().Format("15:04:05.000"), fmt.Sprintf("%.3fs", m.Since.Seconds()), shortName(m.Who()))
	indent := strings.Repeat(" ", utf8.RuneCountInString(left))
	source := t.paint(sourceColours[m.Source], left)

	var b bytes.Buffer
	for i, line := range Wrap(shown, t.room) {
		if i > 0 {
			b.WriteString("\n")
			source = indent
		}
		if m.NotInCloudWatch() {
			line = t.paint(dim, line)
		}
		b.WriteString(source + line)
	}
	if m.Remark != "" {
		for i, line := range Wrap(m.Remark, max(0, t.room-2)) {
			arrow := [...]string{"↑ ", "  "}[min(i, 1)]
			b.WriteString("\n" + indent + t.paint(yellow, arrow+line))
		}
	}
	b.WriteString("\n")
	t.w.Write(b.Bytes()) // in one piece; the output takes care of errors
}

func (t *text) Invoked(*recording.Recording, *recording.Invocation) {}

func (t *text) Ended(r *recording.Recording) {
	t.w.Write([]byte("\n" + strings.Join(summary(r, t.width), "\n") + "\n"))
}

// left renders the columns before the text.
func (t *text) left(clock, elapsed, source string) string {
	left := fmt.Sprintf("%8s  %-*s  ", elapsed, sourceWidth, source)
	if t.clock {
		left = fmt.Sprintf("%-12s  ", clock) + left
	}
	return left
}

// shortName is a name that fits the column.
func shortName(name string) string {
	if r := []rune(name); len(r) > sourceWidth {
		return string(r[:sourceWidth-1]) + "…"
	}
	return name
}

// Colours.
const (
	dim     = "\x1b[2m"
	yellow  = "\x1b[33m"
	cyan    = "\x1b[36m"
	green   = "\x1b[32m"
	magenta = "\x1b[35m"
	blue    = "\x1b[34m"
	normal  = "\x1b[0m"
)

var sourceColours = map[lambdaenv.Source]string{
	lambdaenv.Caller:    cyan,
	lambdaenv.Platform:  blue,
	lambdaenv.Function:  green,
	lambdaenv.Extension: magenta,
}

// paint colours s, if colours are wanted.
func (t *text) paint(colour, s string) string {
	if !t.colours || colour == "" || s == "" {
		return s
	}
	return colour + s + normal
}
