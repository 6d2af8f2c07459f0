package report

import (
	"fmt"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
)

// A figure is what one should remember of a run.
type figure struct{ Class, Value, Of string }

// figures returns those that are known.
func figures(r *recording.Recording) []figure {
	responses, billed := extent{render: recording.Milliseconds}, extent{render: wholeMs}
	after, before, other := extent{render: length}, extent{render: length}, extent{render: length}
	failed, lost, unknown := 0, 0, 0
	for _, inv := range r.Invocations {
		if inv.Response.FunctionError != "" {
			failed++
		} else {
			responses.add(inv.Response.Latency)
		}
		if h := inv.Hooks; h != nil && !h.Unmeasured {
			took := time.Duration(h.Ms * float64(time.Millisecond))
			switch {
			case h.AfterResponse:
				after.add(took)
			case h.BeforeError:
				before.add(took)
			default: // nothing tells when the response was sent
				other.add(took)
			}
		}
		if inv.Lost != nil {
			lost += inv.Lost.Count()
		}
		if inv.Unknown != "" {
			unknown++
		}
		billed.add(inv.Report.Billed)
	}
	var all []figure
	add := func(class, of string, value string) {
		if value != "" {
			all = append(all, figure{class, value, of})
		}
	}
	add(caller.String(), "until the caller had its response", responses.String())
	add(hooks.String(), "of hooks after that", after.String())
	add(hooks.String(), "of hooks before an error was reported", before.String())
	add(hooks.String(), "of hooks", other.String())
	if lost > 0 {
		add("failed", "lost with the process", count(lost, "hook"))
	}
	if unknown > 0 {
		add("failed", "what became of hooks in "+count(unknown, "invocation"), "unknown")
	}
	add(platform.String(), "billed per invocation", billed.String())
	if failed > 0 {
		add(function.String(), "answered with an error", fmt.Sprintf("%d of %d", failed, len(r.Invocations)))
	}
	if s := r.Shutdown; s != nil && !r.EndedByReset() {
		add(extension.String(), "idle before the shutdown ("+s.Reason+")", length(s.Idle))
	}
	return all
}

// An extent is the shortest and the longest of some times.
type extent struct {
	least, most time.Duration
	any         bool
	render      func(time.Duration) string
}

// wholeMs renders what is billed.
func wholeMs(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

func (s *extent) add(d time.Duration) {
	if !s.any || d < s.least {
		s.least = d
	}
	s.most, s.any = max(s.most, d), true
}

func (s *extent) String() string {
	if !s.any {
		return ""
	}
	least, most := s.render(s.least), s.render(s.most)
	from, fromUnit, _ := strings.Cut(least, " ")
	_, toUnit, _ := strings.Cut(most, " ")
	switch {
	case least == most:
		return most
	case fromUnit == toUnit:
		return from + " – " + most
	}
	return least + " – " + most
}

// A summary has a row for every invocation, and the end of the environment.
type summary struct {
	Rows []summaryRow
	End  string
}

type summaryRow struct{ Name, Response, Hooks, Billed, Notes string }

func newSummary(r *recording.Recording) summary {
	var s summary
	for i := range r.Invocations {
		inv := &r.Invocations[i]
		row := summaryRow{
			Name:     fmt.Sprintf("invocation %d", i+1),
			Response: inv.ResponseAfter(),
			Hooks:    inv.HooksTook(),
			Billed:   inv.Billed(),
			Notes:    strings.Join(inv.Notes(), ", "),
		}
		s.Rows = append(s.Rows, row)
	}
	s.End = r.End()
	return s
}
