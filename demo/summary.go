package main

import (
	"fmt"
	"strings"

	"example.com/postinvoke/demo/recording"
)

const summaryRow = "%-12s  %14s  %15s  %15s  %s"

// summary returns what there is to say in the end: a line for each invocation,
// and one for the environment.
func summary(r *recording.Recording) []string {
	lines := []string{fmt.Sprintf(summaryRow, "", "response after", "then hooks took", "billed duration", "")}
	for i, inv := range r.Invocations {
		took := "no hooks"
		if h := inv.Hooks; h != nil {
			took = fmt.Sprintf("%.1f ms", h.Ms)
		}
		lines = append(lines, fmt.Sprintf(summaryRow, fmt.Sprintf("invocation %d", i+1),
			fmt.Sprintf("%.1f ms", inMs(inv.Response.Latency)), took,
			fmt.Sprintf("%d ms", inv.Report.Billed.Milliseconds()), strings.Join(inv.Notes(), ", ")))
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return append(lines, r.Shutdown.String())
}
