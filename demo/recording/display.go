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
	"example.com/postinvoke/record"
)

// display returns the line of the log, or for any other moment a line in its
// place, empty if it is of no interest. The text is printable, and one
// line, except for the stack of a panic, which follows in further lines. It lacks
// the time that a record begins with: a log has that in its first column.
func (env *environment) display(m *Moment) string {
	text := ""
	switch m.Kind {
	case lambdaenv.Line:
		if stack := stackIn(m); stack != nil {
			return strings.Join(stack, "\n")
		}
		// A blank one is not shown. CloudWatch takes no event without text; what
		// Lambda makes of a blank line is not documented.
		text = stamp.ReplaceAllString(m.Text, "")
	case Called:
		text = "invokes the function with " + Compact(m.Text)
	case lambdaenv.Responded:
		text = answered(m.Response)
	case lambdaenv.Frozen:
		if env.frozen {
			text = "frozen: nothing runs until it is thawed"
		}
	case lambdaenv.Thawed:
		if env.frozen { // a reset thaws the extensions only to end them
			text = "thawed"
		}
	case lambdaenv.Reset:
		text = "reset after a " + m.Text + ": the next invocation starts new processes"
	case lambdaenv.ShutdownBegan:
		text = "the shutdown begins, reason: " + m.Text
	case lambdaenv.Signaled:
		text = "gets " + m.Text
	case lambdaenv.Exited:
		if !env.ending || !expectedEnds[m.Text] {
			text = "ended: " + m.Text
		}
	case lambdaenv.ShutdownDone:
		text = "nothing is left of the environment"
	}
	return printable(text)
}

// expectedEnds are the exit texts of processes that Lambda ended.
var expectedEnds = map[string]bool{"exit status 0": true, "signal: terminated": true, "signal: killed": true}

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
	return fmt.Sprintf("has %s after %s: %s", what, Milliseconds(r.Latency), Compact(string(r.Payload)))
}

// Milliseconds renders how long a caller waited.
func Milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// printable replaces what would upset columns or a terminal, or would be shown
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

// stackField is the field with the stack of a panic, in either log format.
var stackField = regexp.MustCompile(`,"` + record.Stack + `":"(\\.|[^"\\])*"| ` + record.Stack + `="(\\.|[^"\\])*"`)

// stackIn returns the record of a hook that panicked without its stack, and
// beneath it the stack, line by line; nil of anything else. In the record it is
// one line of some thousand characters.
func stackIn(m *Moment) []string {
	if m.Source != lambdaenv.Function || !strings.Contains(m.Text, record.HookFailed) {
		return nil
	}
	at := stackField.FindStringIndex(m.Text)
	stack := strings.Split(strings.TrimSpace(Fields(m.Text)[record.Stack]), "\n")
	if at == nil || len(stack) < 2 {
		return nil
	}
	lines := []string{printable(stamp.ReplaceAllString(m.Text[:at[0]]+m.Text[at[1]:], ""))}
	for _, frame := range stack {
		lines = append(lines, "  "+printable(frame))
	}
	return lines
}

// What no reader needs: the rest of a request id or of a hash, and the time of a
// record, which is in the first column already.
var (
	ids   = regexp.MustCompile(`\b([0-9a-f]{8})(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{24,})\b`)
	stamp = regexp.MustCompile(`^timestamp=\S+ `)
)

// Short is the display for a reader: with the beginnings of ids, or of a long event
// or response the first so many characters.
func (m *Moment) Short(most int) string {
	s := m.Display
	if n := utf8.RuneCountInString(s); m.Source == lambdaenv.Caller && n > most {
		return fmt.Sprintf("%s… (%d more characters)", string([]rune(s)[:most]), n-most)
	}
	return ids.ReplaceAllString(s, "$1…")
}
