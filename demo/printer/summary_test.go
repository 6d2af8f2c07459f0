package printer

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.com/postinvoke/demo/demotest"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

func TestSummary(t *testing.T) {
	r := &recording.Recording{Shutdown: &recording.Shutdown{Since: 3 * time.Second,
		ShutdownReport: lambdaenv.ShutdownReport{Reason: "spindown"}}}
	for range 12 {
		r.Invocations = append(r.Invocations, recording.Invocation{
			Response: lambdaenv.Response{Latency: 1900 * time.Microsecond},
			Report:   lambdaenv.Report{Status: "success", Billed: 3013 * time.Millisecond},
		})
	}
	last := &r.Invocations[11]
	last.Report.Status = "timeout"
	ms := 700.0
	last.Hooks = &recording.Hooks{Ms: &ms, Failures: 1, Abandoned: 2}
	last.Renewed, last.Reset = true, "timeout"
	r.Invocations[10].Lost = &recording.Lost{RequestID: "A", Running: 1, NotStarted: 1,
		Ran: []string{"main.flush (/src/main.go:9)"}}
	for _, width := range []int{0, 80} {
		lines := summary(r, width)
		demotest.Golden(t, fmt.Sprintf("summary-%d.txt", width), strings.Join(lines, "\n")+"\n")
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); width > 0 && n > width || strings.HasSuffix(line, " ") {
				t.Errorf("%d columns: %q", n, line)
			}
		}
	}
}
