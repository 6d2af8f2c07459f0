package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/postinvoke/internal/lambdaenv"
)

// localMark begins what would not be found in CloudWatch.
const localMark = "── "

// A textLog shows the log in columns, and the remarks beside it.
type textLog struct {
	w       io.Writer
	width   func() int // of the terminal, which may change; 0 if there is none
	colours bool

	called bool // there was an invocation
	frozen bool // and the environment was frozen after it
	ending bool // processes are to end, by a reset or the shutdown
}

func (l *textLog) began(r *recording) {
	c := l.columns()
	var b bytes.Buffer
	legend := "Lines that begin with " + strings.TrimSpace(localMark) + " happen on Lambda, too, but CloudWatch does not show them."
	for _, sentence := range append(slices.Clone(r.Intro), legend) {
		for _, line := range wrap(sentence, c.total) {
			fmt.Fprintln(&b, line)
		}
	}
	fmt.Fprintln(&b)
	fmt.Fprintln(&b, l.paint(dim, c.left("TIME (UTC)", "ELAPSED", "SOURCE")+"LOG"))
	l.w.Write(b.Bytes())
}

func (l *textLog) moment(_ *recording, m *moment) {
	text := l.text(m)
	if text == "" {
		return
	}
	c := l.columns()
	if c.total > 0 {
		text = shorten(text)
	}
	left := c.left(m.Time.UTC().Format("15:04:05.000"), fmt.Sprintf("%.3fs", m.Since.Seconds()), string(m.Source))
	indent := strings.Repeat(" ", utf8.RuneCountInString(left))
	source := l.paint(sourceColours[m.Source], left)

	var b bytes.Buffer
	used := 0 // width of the line just written
	for i, line := range wrap(text, c.text) {
		if i > 0 {
			b.WriteString("\n")
			source = indent
		}
		b.WriteString(source + l.paintText(m, line))
		used = utf8.RuneCountInString(line)
	}
	l.writeRemark(&b, c, indent, used, m.Remark)
	b.WriteString("\n")
	l.w.Write(b.Bytes()) // in one piece; the output takes care of errors
}

// writeRemark puts remark, if any, beside the line just written, of which so
// much is used, or beneath it.
func (l *textLog) writeRemark(b *bytes.Buffer, c columns, indent string, used int, remark string) {
	beside := max(c.remark, used+2)
	switch {
	case remark == "":
	case c.text == 0 || beside+utf8.RuneCountInString("← "+remark) <= c.text:
		b.WriteString(strings.Repeat(" ", beside-used) + l.paint(yellow, "← "+remark))
	default:
		for i, line := range wrap(remark, c.text-c.remark-2) {
			b.WriteString("\n" + indent + strings.Repeat(" ", c.remark) + l.paint(yellow, [...]string{"↑ ", "  "}[min(i, 1)]+line))
		}
	}
}

func (l *textLog) invoked(*recording, *invocation) {}

func (l *textLog) ended(r *recording) {
	var b bytes.Buffer
	b.WriteByte('\n')
	for _, line := range summary(r) {
		for _, line := range wrap(line, l.columns().total) {
			b.WriteString(line + "\n")
		}
	}
	l.w.Write(b.Bytes())
}

// expectedEnds are how processes end that were asked to.
var expectedEnds = map[string]bool{"exit status 0": true, "signal: terminated": true, "signal: killed": true}

// text returns what the log says of m, or nothing if m is of no interest here.
func (l *textLog) text(m *moment) string {
	words := ""
	switch m.Kind {
	case lambdaenv.Line:
		return printable(m.Text)
	case called:
		l.called, l.ending = true, false
		words = "invokes the function with " + m.Text
	case lambdaenv.Responded:
		words = answered(m.Response)
	case lambdaenv.Frozen:
		// It is also frozen between init and the first invocation, for a
		// moment that would only puzzle the reader.
		if l.frozen = l.called; l.frozen {
			words = "frozen: nothing runs until it is thawed"
		}
	case lambdaenv.Thawed:
		if l.frozen {
			words = "thawed"
		}
	case lambdaenv.Reset:
		l.ending = true
		words = "reset after a " + m.Text + ": the next invocation starts new processes"
	case lambdaenv.ShutdownBegan:
		l.ending = true
		words = "the environment is shut down, reason: " + m.Text
	case lambdaenv.Signaled:
		words = "gets " + m.Text
	case lambdaenv.Exited:
		if !l.ending || !expectedEnds[m.Text] {
			words = "ended: " + m.Text
		}
	case lambdaenv.ShutdownDone:
		words = "nothing is left of the environment"
	}
	if words == "" {
		return ""
	}
	return localMark + printable(words)
}

// shownPayload is how much of a response is shown.
const shownPayload = 300

func answered(r *lambdaenv.Response) string {
	if r == nil {
		return "went away"
	}
	payload := string(r.Payload)
	if utf8.RuneCountInString(payload) > shownPayload {
		payload = string([]rune(payload)[:shownPayload]) + "…"
	}
	what := "the response"
	if r.FunctionError != "" {
		what = "an error"
	}
	return fmt.Sprintf("has %s after %.1f ms: %s", what, inMs(r.Latency), payload)
}
