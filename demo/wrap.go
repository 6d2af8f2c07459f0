package main

import "strings"

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
