package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/postinvoke/internal/lambdaenv"
)

const summaryRow = "%-12s  %14s  %15s  %15s  %s"

// summary returns what there is to say in the end: a line for each invocation,
// and one for the environment.
func summary(r *recording) []string {
	lines := []string{fmt.Sprintf(summaryRow, "", "response after", "then hooks took", "billed duration", "")}
	for i, inv := range r.Invocations {
		took := "no hooks"
		if h := inv.Hooks; h != nil {
			took = fmt.Sprintf("%.1f ms", h.Ms)
		}
		lines = append(lines, fmt.Sprintf(summaryRow, fmt.Sprintf("invocation %d", i+1),
			fmt.Sprintf("%.1f ms", inMs(inv.Response.Latency)), took,
			fmt.Sprintf("%d ms", inv.Report.Billed.Milliseconds()), notes(&inv)))
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	s := r.Shutdown
	end := fmt.Sprintf("environment shut down after %s, reason: %s", inWords(s.Since), s.Reason)
	if len(s.Killed) > 0 {
		end += ", killed: " + strings.ReplaceAll(strings.Join(s.Killed, ", "), lambdaenv.RuntimeName, "function")
	}
	return append(lines, end)
}

// inWords renders a time that can be anything from milliseconds to minutes.
func inWords(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// notes says what is remarkable about an invocation.
func notes(inv *invocation) string {
	var notes []string
	if inv.Report.Init > 0 {
		notes = append(notes, "cold start")
	}
	if inv.Report.Status != "success" {
		notes = append(notes, inv.Report.Status)
	}
	if h := inv.Hooks; h != nil {
		for _, n := range []struct {
			count int
			what  string
		}{{h.Failures, "failed"}, {h.Abandoned, "abandoned"}} {
			if n.count > 0 {
				notes = append(notes, "hooks "+n.what+": "+strconv.Itoa(n.count))
			}
		}
	}
	return strings.Join(notes, ", ")
}
