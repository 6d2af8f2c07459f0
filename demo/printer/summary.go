package printer

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"example.com/postinvoke/demo/recording"
)

// summaryFormat is for a line of the summary: the name of an invocation, as wide
// as the widest of them, and its figures.
const summaryFormat = "%-*s  %14s  %10s  %15s"

// summary returns a table of the invocations and a sentence about the end of the
// environment. Notes about an invocation that do not fit into its line are
// beneath it. A width of zero means any width.
func summary(r *recording.Recording, width int) []string {
	if len(r.Invocations) == 0 {
		return Wrap(r.End(), width)
	}
	digits := len(fmt.Sprint(len(r.Invocations)))
	nameWidth := len("invocation ") + digits
	lines := []string{fmt.Sprintf(summaryFormat, nameWidth, "", "response after", "hooks took", "billed duration")}
	for i := range r.Invocations {
		inv := &r.Invocations[i]
		line := fmt.Sprintf(summaryFormat, nameWidth, fmt.Sprintf("invocation %*d", digits, i+1),
			inv.ResponseAfter(), inv.HooksTook(), inv.Billed())
		notes := inv.Notes()
		beside := strings.TrimRight(line+"  "+notes, " ")
		if width == 0 || utf8.RuneCountInString(beside) <= width {
			lines = append(lines, beside)
			continue
		}
		lines = append(lines, line)
		indent := strings.Repeat(" ", nameWidth+2)
		for _, note := range Wrap(notes, max(20, width-len(indent))) {
			lines = append(lines, indent+note)
		}
	}
	return append(lines, Wrap(r.End(), width)...)
}
