package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable replaces what would upset columns or a terminal.
func printable(s string) string {
	s = strings.ReplaceAll(strings.TrimRight(s, "\t "), "\t", "  ")
	if !strings.ContainsFunc(s, unicode.IsControl) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// What nobody reads on a terminal: the rest of a request id or of a hash, and
// the time of a record, which is in the first column already.
var (
	ids   = regexp.MustCompile(`\b([0-9a-f]{8})(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{24,})\b`)
	stamp = regexp.MustCompile(`^timestamp=\S+ `)
)

// shorten leaves out what nobody reads on a terminal.
func shorten(s string) string {
	return ids.ReplaceAllString(stamp.ReplaceAllString(s, ""), "$1…")
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
		rest = []rune(strings.TrimLeft(string(rest[end:]), " "))
	}
	if len(rest) > 0 || len(lines) == 0 {
		lines = append(lines, string(rest))
	}
	return lines
}
