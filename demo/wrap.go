package main

import (
	"slices"
	"strings"
)

// wrapped is wrap for text that has line ends of its own.
func wrapped(s string, width int) []string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		lines = append(lines, wrap(line, width)...)
	}
	return lines
}

// wrap breaks s into lines no wider than width, at spaces if there are any.
// Zero means any width.
func wrap(s string, width int) []string {
	var lines []string
	rest := []rune(s)
	for width > 0 && len(rest) > width {
		end := width
		for end > 0 && rest[end] != ' ' {
			end--
		}
		if end == 0 { // a word that is longer than a line
			end = width
		}
		lines = append(lines, strings.TrimRight(string(rest[:end]), " "))
		if begin := slices.IndexFunc(rest[end:], func(r rune) bool { return r != ' ' }); begin >= 0 {
			rest = rest[end+begin:]
		} else {
			rest = nil
		}
	}
	if len(rest) > 0 || len(lines) == 0 {
		lines = append(lines, string(rest))
	}
	return lines
}
