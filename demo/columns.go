package main

import (
	"fmt"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

const (
	// clockFrom is the width from which on there is room for the time of day.
	clockFrom = 100

	// sourceWidth is for the longest of our own names.
	sourceWidth = len("extension")

	// remarkWidth is for the longest remark with its arrow.
	remarkWidth = 60

	// leastText is the least room for text before the column of the remarks;
	// with less, there is no such column.
	leastText = 60

	// mostText keeps the remarks in sight of the text on a very wide terminal.
	mostText = 80
)

// Columns say where things go.
type columns struct {
	total  int  // width of the terminal; 0: as wide as need be
	clock  bool // the time of day is shown
	text   int  // room for text and remarks; 0: any
	remark int  // where remarks begin, counted from the text
}

func (l *textLog) columns() columns {
	width := l.width()
	if width <= 0 {
		return columns{clock: true, remark: leastText}
	}
	c := columns{total: width, clock: width >= clockFrom}
	c.text = max(10, width-len(c.left("", "", "")))
	if column := c.text - remarkWidth; column >= leastText {
		c.remark = min(column, mostText)
	}
	return c
}

// left renders the columns before the text.
func (c columns) left(clock, elapsed, source string) string {
	left := fmt.Sprintf("%8s  %-*s  ", elapsed, sourceWidth, source)
	if c.clock {
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
	reset   = "\x1b[0m"
)

var sourceColours = map[lambdaenv.Source]string{
	lambdaenv.Caller:    cyan,
	lambdaenv.Platform:  blue,
	lambdaenv.Function:  green,
	lambdaenv.Extension: magenta,
}

// paint colours s, if colours are wanted.
func (l *textLog) paint(colour, s string) string {
	if !l.colours || colour == "" || s == "" {
		return s
	}
	return colour + s + reset
}

// paintText dims what would not be found in CloudWatch.
func (l *textLog) paintText(m *recording.Moment, s string) string {
	if m.Local() {
		return l.paint(dim, s)
	}
	return s
}
