package report_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/demo/browser/browsertest"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/demo/report"
	"example.com/postinvoke/lambdaenv"
)

var tickPattern = regexp.MustCompile(`<text class="tick"[^>]*>([^<]*)</text>`)

// axis returns the labels of the axis.
func axis(html string) []string {
	var all []string
	for _, m := range tickPattern.FindAllStringSubmatch(html, -1) {
		all = append(all, m[1])
	}
	return all
}

// wantRising checks that labels are seconds, none twice, and from then on.
func wantRising(t *testing.T, labels []string, from float64) {
	t.Helper()
	last := from
	for i, label := range labels {
		n, err := strconv.ParseFloat(strings.TrimSuffix(label, " s"), 64)
		if err != nil || n < last || i > 0 && n == last {
			t.Errorf("got %q, want rising seconds", labels)
			return
		}
		last = n
	}
}

func TestTheAxisHasTheDecimalsItNeeds(t *testing.T) {
	for _, test := range []struct{ start, took time.Duration }{
		{0, 100 * ms}, {0, 3 * time.Second}, {774 * time.Second, 300 * ms}, {774 * time.Second, 20 * ms},
		{6 * time.Minute, time.Minute}, {0, 3300 * time.Millisecond},
	} {
		s := newScenario().after(test.start).cold()
		for range 2 {
			s.call().hook("main.a (a.go:1)", test.took).idle(1, test.took).after(time.Second)
		}
		labels := axis(page(t, s.end().Recording()))
		wantRising(t, labels, test.start.Seconds())
		if len(labels) < 4 {
			t.Errorf("%v: got %q, want some more labels", test.took, labels)
		}
	}
}

// A label is not rounded so far that it is wrong.
func TestAQuarterOfASecondIsNotRounded(t *testing.T) {
	s := newScenario().cold().call().idle(0, 0).after(250*ms - 12400*time.Microsecond)
	s.call().hook("main.a (a.go:1)", 12*time.Second)
	labels := axis(page(t, s.idle(1, 12*time.Second).Recording()))
	if !slices.Contains(labels, "0.25 s") || !slices.Contains(labels, "1 s") {
		t.Errorf("got %q, want the end of the freeze at 0.25 s among whole seconds", labels)
	}
}

// A stretch that was frozen ends when it does, and not at a round time.
func TestTheEndOfAFreezeIsNotRounded(t *testing.T) {
	s := newScenario().cold()
	s.call().hook("main.a (a.go:1)", 40*time.Second).idle(1, 40*time.Second).after(4500 * ms)
	labels := axis(page(t, s.end().Recording()))
	if last := labels[len(labels)-1]; last != "44.5 s" {
		t.Errorf("got %q, want the last to be 44.5 s", labels)
	}
}

func TestLabelsOfTheAxisDoNotCollide(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	for _, width := range []int64{360, 800, 1600} {
		p.Resize(width, 800)
		for _, took := range []time.Duration{20 * ms, 290 * ms, 3 * time.Second} {
			s := newScenario().after(774409 * time.Millisecond).cold()
			for range 3 {
				s.call().hook("main.a (a.go:1)", took).idle(1, took).after(210 * ms)
			}
			open(t, p, s.end().Recording())
			ticks := browsertest.Eval[[]box](p,
				`[...document.querySelectorAll("text.tick")].map((e) => { const r = e.getBoundingClientRect(); `+
					`return { Name: e.textContent, Left: r.left, Right: r.right }; })`)
			for i := 1; i < len(ticks); i++ {
				if ticks[i].Left < ticks[i-1].Right+3 {
					t.Errorf("%d pixels wide, %v: %s ends at %.1f, %s begins at %.1f", width, took, ticks[i-1].Name,
						ticks[i-1].Right, ticks[i].Name, ticks[i].Left)
				}
			}
		}
	}
}

// On the live page times count from the beginning of each environment, in the
// log as on the axis, and with what was forgotten.
func TestTimesOfEachEnvironment(t *testing.T) {
	s := newScenario()
	s.Recorder = recording.NewRecorder(recording.About{Began: s.began, Last: 3})
	environment := func(calls int) {
		s.after(10*time.Minute).observe(lambdaenv.Caller, recording.Called, "{}").after(ms).cold()
		for range calls {
			s.call().hook("main.a (a.go:1)", 300*ms).idle(1, 300*ms).after(2 * time.Second)
		}
	}
	environment(2)
	s.observe(lambdaenv.Platform, lambdaenv.ShutdownBegan, "spindown").
		observe(lambdaenv.Platform, lambdaenv.ShutdownDone, "")
	environment(4)
	s.observe(lambdaenv.Function, lambdaenv.Exited, "signal: killed").
		observe(lambdaenv.Platform, lambdaenv.Reset, "failure")
	environment(1)

	r := s.Recording()
	labels := axis(string(report.Now(r, s.at, 3).Chart))
	again := 0
	for i, label := range labels[1:] {
		if label == "0 s" {
			again = i + 1
		}
	}
	if again == 0 {
		t.Fatalf("got the axis %q, want it to begin again with the last environment", labels)
	}
	if got := strings.Count(string(report.Now(r, s.at, 3).Chart), `"tick begins"`); got != 1 {
		t.Errorf("got %d marks of an environment that begins, want one", got)
	}
	wantRising(t, labels[:again], 0)
	wantRising(t, labels[again:], 0)

	var elapsed []string
	for i := range r.Moments {
		if row, ok := report.NewRow(r, &r.Moments[i]); ok {
			elapsed = append(elapsed, fmt.Sprint(row.Elapsed, " ", row.Source))
		}
	}
	if log := strings.Join(elapsed, "\n"); strings.Count(log, "0.000 s caller") != 1 || strings.Contains(log, "600.") ||
		strings.Contains(log, "00.000 s platform") {
		t.Errorf("got the times\n%s\nwant those since the beginning of each environment", log)
	}
}
