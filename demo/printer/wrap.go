package printer

import (
	"slices"
	"strings"
)

// Wrap breaks s into lines no wider than width, at its line ends, and at spaces
// if there are any. Zero means any width.
func Wrap(s string, width int) []string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		lines = append(lines, wrapLine([]rune(line), width)...)
	}
	return lines
}

func wrapLine(rest []rune, width int) []string {
	var lines []string
	for width > 0 && len(rest) > width {
		end := width
		for end > 0 && rest[end] != ' ' {
			end--
		}
		if end == 0 { // a word that is longer than a line
			end = width
		}
		lines = append(lines, strings.TrimRight(string(rest[:end]), " "))
		begin := slices.IndexFunc(rest[end:], func(r rune) bool { return r != ' ' })
		if begin < 0 {
			return lines
		}
		rest = rest[end+begin:]
	}
	return append(lines, string(rest))
}
