package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"example.com/postinvoke/demo/recording"
)

// summaryTitles are those of the figures.
var summaryTitles = [...]string{"response after", "then hooks took", "billed duration"}

// A summaryRow is what there is to say of an invocation.
type summaryRow struct {
	name    string
	figures [len(summaryTitles)]string
	notes   string
}

func summaryRows(r *recording.Recording) []summaryRow {
	digits := len(fmt.Sprint(len(r.Invocations)))
	var rows []summaryRow
	for i := range r.Invocations {
		inv := &r.Invocations[i]
		rows = append(rows, summaryRow{
			name: fmt.Sprintf("invocation %*d", digits, i+1),
			figures: [...]string{
				inv.ResponseAfter(),
				inv.HooksTook(),
				inv.Billed(),
			},
			notes: strings.Join(inv.Notes(), ", "),
		})
	}
	return rows
}

// summary returns what there is to say in the end: something about each
// invocation, and a line for the environment. Zero means any width.
func summary(r *recording.Recording, width int) []string {
	return append(summaryTable(summaryRows(r), width), wrap(r.End(), width)...)
}

// summaryTable has a line for each invocation. Where its notes do not fit, they
// go beneath it, and where the figures do not, there are sentences instead.
func summaryTable(rows []summaryRow, width int) []string {
	if len(rows) == 0 {
		return nil
	}
	line := func(name string, figures [len(summaryTitles)]string) string {
		s := fmt.Sprintf("%-*s", utf8.RuneCountInString(rows[0].name), name)
		for i, title := range summaryTitles {
			s += fmt.Sprintf("  %*s", len(title), figures[i])
		}
		return s
	}
	lines := []string{line("", summaryTitles)}
	if width > 0 && utf8.RuneCountInString(lines[0]) > width {
		return summarySentences(rows, width)
	}
	indent := strings.Repeat(" ", utf8.RuneCountInString(rows[0].name)+2)
	for _, row := range rows {
		s := line(row.name, row.figures)
		switch beside := s + "  " + row.notes; {
		case row.notes == "":
			lines = append(lines, s)
		case width == 0 || utf8.RuneCountInString(beside) <= width:
			lines = append(lines, beside)
		default:
			lines = append(lines, s)
			for _, note := range wrap(row.notes, width-len(indent)) {
				lines = append(lines, indent+note)
			}
		}
	}
	return lines
}

// summarySentences has a sentence for each invocation.
func summarySentences(rows []summaryRow, width int) []string {
	const indent = "  "
	var lines []string
	for _, row := range rows {
		parts := []string{}
		for i, title := range summaryTitles {
			if figure := row.figures[i]; i == 1 && !strings.HasSuffix(figure, " ms") {
				parts = append(parts, figure)
			} else {
				parts = append(parts, title+" "+figure)
			}
		}
		if row.notes != "" {
			parts = append(parts, row.notes)
		}
		first := ""
		for _, line := range wrap(row.name+": "+strings.Join(parts, ", "), max(1, width-len(indent))) {
			lines = append(lines, first+line)
			first = indent
		}
	}
	return lines
}
