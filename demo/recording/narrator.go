package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"example.com/postinvoke/lambdaenv"
)

// A Narrator puts into words what Lambda does not log. It follows a recording
// from its beginning; the zero value is ready.
type Narrator struct {
	served bool // the environment has answered a caller
	frozen bool // and the environment was frozen after it
	ending bool // processes are to end, by a reset or the shutdown
	gone   bool // a reset has ended them, and none were started since
}

// Words returns the line of the log, or what is to be read in its place of any
// other moment: nothing if it is of no interest. The words are printable. They
// are one line, but for the stack of a panic, which follows in its own.
func (n *Narrator) Words(m *Moment) string {
	words := ""
	switch m.Kind {
	case lambdaenv.Line:
		if m.Hidden {
			return ""
		}
		// A blank one is not shown. CloudWatch takes no event without text; what
		// Lambda makes of a blank line is not documented.
		words = m.Text
		if stack := stackIn(m); stack != nil {
			return strings.Join(stack, "\n")
		}
	case lambdaenv.InitStarted:
		n.served, n.frozen, n.gone = false, false, false
	case Called:
		n.ending = false
		words = "invokes the function with " + payload([]byte(m.Text))
	case lambdaenv.Responded:
		n.served = true
		words = answered(m.Response)
	case lambdaenv.Frozen:
		// It is also frozen between init and the first invocation, for a
		// moment that would only puzzle the reader.
		if n.frozen = n.served; n.frozen {
			words = "frozen: nothing runs until it is thawed"
		}
	case lambdaenv.Thawed:
		if n.frozen {
			words = "thawed"
		}
	case lambdaenv.Reset:
		n.ending, n.gone, n.frozen = true, true, false // the extensions are thawed to end: that is no news
		words = "reset after a " + m.Text + ": the next invocation starts new processes"
	case lambdaenv.ShutdownBegan:
		n.ending = true
		if words = "the environment is shut down, reason: " + m.Text; n.gone {
			words = "nothing is left to shut down: the reset ended the environment"
		}
	case lambdaenv.Signaled:
		words = "gets " + m.Text
	case lambdaenv.Exited:
		if !n.ending || !expectedEnds[m.Text] {
			words = "ended: " + m.Text
		}
	case lambdaenv.ShutdownDone:
		if !n.gone {
			words = "nothing is left of the environment"
		}
	}
	return printable(words)
}

// expectedEnds are how processes end that were asked to.
var expectedEnds = map[string]bool{"exit status 0": true, "signal: terminated": true, "signal: killed": true}

// shownPayload is how much of an event or a response is shown.
const shownPayload = 300

// payload is the beginning of an event or a response, in one line.
func payload(b []byte) string {
	shown := string(b)
	if strings.Contains(shown, "\n") {
		shown = Compact(shown)
	}
	if utf8.RuneCountInString(shown) > shownPayload {
		shown = string([]rune(shown)[:shownPayload]) + "…"
	}
	return shown
}

// Compact removes the white space between the tokens of what is JSON.
func Compact(s string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(s)) != nil {
		return s
	}
	return b.String()
}

func answered(r *lambdaenv.Response) string {
	if r == nil {
		return "gets no answer"
	}
	what := "the response"
	if r.FunctionError != "" {
		what = "an error"
	}
	return fmt.Sprintf("has %s after %s: %s", what, Milliseconds(r.Latency), payload(r.Payload))
}

// Milliseconds renders how long a caller waited.
func Milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// printable replaces what would upset columns or a terminal, or has text read
// in another direction than it was written.
func printable(s string) string {
	s = strings.ReplaceAll(strings.TrimRight(s, "\t "), "\t", "  ")
	upsets := func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) }
	if !strings.ContainsFunc(s, upsets) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !upsets(r):
			b.WriteRune(r)
		case r > unicode.MaxLatin1:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\x%02x`, r)
		}
	}
	return b.String()
}

// What nobody reads: the rest of a request id or of a hash, and the time of a
// record, which is in the first column already.
var (
	ids   = regexp.MustCompile(`\b([0-9a-f]{8})(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{24,})\b`)
	stamp = regexp.MustCompile(`^timestamp=\S+ `)
)

// Shorten leaves out what nobody reads in a line of the log.
func Shorten(s string) string {
	return ids.ReplaceAllString(stamp.ReplaceAllString(s, ""), "$1…")
}

// The same in the lines that are not the function's own.
var (
	runtimeHash = regexp.MustCompile(`^(INIT_START .*:runtime:[0-9a-f]{8})[0-9a-f]{24,}`)
	recordStamp = regexp.MustCompile(`^timestamp=\S+ (level=\S+ message="postinvoke: )`)
)

// ShortenSafely does so for a log that may be searched or kept: ids stay whole,
// and so does what the function prints.
func ShortenSafely(s string) string {
	return recordStamp.ReplaceAllString(runtimeHash.ReplaceAllString(s, "$1…"), "$1")
}
