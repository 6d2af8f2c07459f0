package report_test

import (
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
)

// The log has the beginning of a long event or response, and all of it on demand.
func TestLongEventsCanBeReadWhole(t *testing.T) {
	long := `{"items":["` + strings.Repeat("x", 500) + `<end>"]}`
	for _, kind := range []lambdaenv.Kind{"called", lambdaenv.Responded} {
		s := newScenario().cold().observe(lambdaenv.Caller, kind, long)
		if kind == lambdaenv.Responded {
			s.Answer(&lambdaenv.Response{RequestID: s.request(), Payload: []byte(long)})
		}
		html := page(t, s.idle(0, 0).Recording())
		if want := "&lt;end&gt;&#34;\n  ]\n}</pre></details>"; strings.Count(html, want) != 1 {
			t.Errorf("%s: the page does not have %s once", kind, want)
		}
	}
	html := page(t, newScenario().cold().observe(lambdaenv.Caller, "called",
		`"`+strings.Repeat("é", 60_000)+`"`).Recording())
	if !strings.Contains(html, "é…\nThe page does not have the rest.</pre>") || len(html) > 200_000 {
		t.Errorf("got a page of %d bytes for a large event, want the beginning of that", len(html))
	}
	if strings.Contains(page(t, newScenario().cold().call().Recording()), "<details>") {
		t.Error("a short event is there twice")
	}
}

// The outcome is the handler's: failures of hooks beside it need a word.
func TestTheOutcomeOKBesideFailures(t *testing.T) {
	const remark = "the handler was ok; 1 hook failed, 2 hooks abandoned"
	for fields, want := range map[string]int{
		"outcome=ok failures=1 abandoned=2":    1,
		"outcome=error failures=1 abandoned=2": 0,
		"outcome=ok failures=0 abandoned=0":    0,
	} {
		s := newScenario().cold().call().line(lambdaenv.Function,
			`level=INFO message="postinvoke: hooks finished" hooks=3 hooksMs=1 `+fields)
		if got := strings.Count(page(t, s.idle(0, 0).Recording()), remark); got != want {
			t.Errorf("%s: got %d times %q, want %d", fields, got, remark, want)
		}
	}
}
