package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/postinvoke/demo/recording"
)

// localMark begins what would not be found in CloudWatch.
const localMark = "── "

// A textLog shows the log in columns, and the remarks beside it.
type textLog struct {
	w       io.Writer
	width   func() int // of the terminal, which may change; 0 if there is none
	colours bool

	narrator recording.Narrator
}

func (l *textLog) Began(r *recording.Recording) {
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

func (l *textLog) Moment(_ *recording.Recording, m *recording.Moment) {
	text := l.narrator.Words(m)
	if text == "" {
		return
	}
	c := l.columns()
	if m.Local() {
		text = localMark + text
	}
	if c.total > 0 {
		text = recording.Shorten(text)
	} else {
		text = recording.ShortenSafely(text)
	}
	left := c.left(m.Time.UTC().Format("15:04:05.000"), fmt.Sprintf("%.3fs", m.Since.Seconds()), shortName(m.Who()))
	indent := strings.Repeat(" ", utf8.RuneCountInString(left))
	source := l.paint(sourceColours[m.Source], left)

	var b bytes.Buffer
	used := 0 // width of the line just written
	for i, line := range wrapped(text, c.text) {
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

func (l *textLog) Invoked(*recording.Recording, *recording.Invocation) {}

func (l *textLog) Ended(r *recording.Recording) {
	var b bytes.Buffer
	b.WriteByte('\n')
	for _, line := range summary(r, l.columns().total) {
		b.WriteString(line + "\n")
	}
	l.w.Write(b.Bytes())
}
