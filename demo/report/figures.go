package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
)

// A figure is what one should remember of a run.
type figure struct{ Class, Value, Of string }

// figures returns those that are known.
func figures(r *recording.Recording) []figure {
	var responses, after, billed []time.Duration
	failed, lost, unknown := 0, 0, 0
	for _, inv := range r.Invocations {
		if inv.Response.FunctionError != "" {
			failed++
		} else {
			responses = append(responses, inv.Response.Latency)
		}
		if h := inv.Hooks; h != nil && h.AfterResponse {
			after = append(after, time.Duration(*h.Ms*float64(time.Millisecond)))
		}
		if inv.Lost != nil {
			lost += inv.Lost.Count()
		}
		if inv.Unknown != "" {
			unknown++
		}
		billed = append(billed, inv.Report.Billed)
	}
	wholeMs := func(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
	all := []figure{
		{caller.String(), extent(responses, recording.Milliseconds), "until the caller had its response"},
		{hooks.String(), extent(after, recording.Length), "of hooks after that"},
	}
	if lost > 0 {
		all = append(all, figure{"failed", count(lost, "hook"), "lost with the process"})
	}
	if unknown > 0 {
		all = append(all, figure{"failed", "unknown", "what became of hooks in " + count(unknown, "invocation")})
	}
	all = append(all, figure{platform.String(), extent(billed, wholeMs), "billed per invocation"})
	if failed > 0 {
		share := fmt.Sprintf("%d of %d", failed, len(r.Invocations))
		all = append(all, figure{function.String(), share, "answered with an error"})
	}
	if s := r.Shutdown; s != nil {
		all = append(all, figure{extension.String(), recording.Length(s.Idle), "idle before the shutdown (" + s.Reason + ")"})
	}
	return slices.DeleteFunc(all, func(f figure) bool { return f.Value == "" })
}

// extent is the shortest and the longest of some times, or empty if there is none.
func extent(times []time.Duration, render func(time.Duration) string) string {
	if len(times) == 0 {
		return ""
	}
	least, most := render(slices.Min(times)), render(slices.Max(times))
	if least == most {
		return most
	}
	_, unit, _ := strings.Cut(most, " ")
	return strings.TrimSuffix(least, " "+unit) + " – " + most
}
