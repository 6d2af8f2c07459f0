package report_test

import (
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/demo/report"
	"example.com/postinvoke/lambdaenv"
)

func TestLanes(t *testing.T) {
	s := newScenario().cold().call()
	s.hook("main.handle.func2 (/src/main.go:35)", 3*time.Second).hook("example.com/x/y.(*T).flush (/src/t.go:1)", 50*ms)
	html := page(t, s.idle(2, 3050*ms).after(5*time.Second).end().Recording())
	wantBars(t, html, "caller", "has the response after 2.0 ms 10-12.1")
	wantBars(t, html, "platform",
		"init 0-10; invocation 10.1-3062.3; frozen 3062.4-8062.4; shutdown 8062.4-8066.5")
	wantBars(t, html, "function", "init 0-10; handler and answer 10.1-12.1; SIGTERM 8062.5-8064.5")
	wantBars(t, html, "hooks", "handle.func2 12.2-3012.2; y.(*T).flush 3012.2-3062.2")
	wantBars(t, html, "extension", "init 0-10; shutdown 8062.4-8065.5")
	for _, want := range []string{
		"Running a test.", "4 March 2026", "function returned response here, before any cleanup",
		"duration includes cleanup time", "lambda was shut down 5.00 s later", "environment shut down after 8.07 s, " +
			"reason: spindown", "3050.0 ms",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestWithoutRecordsOfSingleHooksThereIsOneBar(t *testing.T) {
	html := page(t, newScenario().cold().call().after(time.Second).idle(2, time.Second).end().Recording())
	wantBars(t, html, "hooks", "2 hooks 12.2-1012.2")
}

func TestSeveralFunctions(t *testing.T) {
	arm, x86 := whole(time.Second), whole(time.Minute)
	arm.Name, x86.Name = "Arm64", "X86"
	html := page(t, arm, x86)
	for _, name := range []string{"Arm64", "X86"} {
		if want := "<h2>" + name + "</h2>"; strings.Count(html, want) != 1 {
			t.Errorf("the page does not have %s once", want)
		}
	}
	if got := strings.Count(html, `class="plot`); got != 2 {
		t.Errorf("got %d timelines, want 2", got)
	}
}

func TestACutOffRecording(t *testing.T) {
	html := page(t, newScenario().cold().call().after(time.Second).line(lambdaenv.Function, "still at it").Recording())
	wantBars(t, html, "hooks", "hooks run 12.1-1012.2 open")
	wantBars(t, html, "platform", "init 0-10; invocation 10.1-1012.2 open")
	page(t, newScenario().Recording()) // nothing at all
	page(t)
}

// Anybody may print what looks like a record.
func TestLengthsThatNobodyMeasured(t *testing.T) {
	s := newScenario().cold().call().after(ms)
	for _, length := range []string{"-5", "NaN", "1e300"} {
		s.line(lambdaenv.Function, `{"message":"postinvoke: hook finished","hook":"x","hookMs":"`+length+`"}`)
	}
	s.line(lambdaenv.Function, `{"message":"postinvoke: hook finished","hook":"y","hookMs":1e8}`)
	html := page(t, s.Recording())
	if want := "y 0-13.2; x 13.1995-13.2; x 13.1995-13.2; x 13.1995-13.2"; !strings.HasPrefix(bars(html, "hooks"), want) {
		t.Errorf("got %s, want %s", bars(html, "hooks"), want)
	}
}

func TestTrouble(t *testing.T) {
	const failed = ` level=ERROR message="postinvoke: hook failed" hook="main.audit (/src/a.go:1)" error="no route ` +
		`to host"`
	const abandoned = ` level=ERROR message="postinvoke: hook abandoned" hook="main.slow (/src/a.go:9)" ` +
		`started=true reason="it still ran when its time was up" hookMs=1000`
	const notStarted = ` level=ERROR message="postinvoke: hook abandoned" hook="main.next (/src/a.go:9)" ` +
		`started=false reason="no time was left"`
	s := newScenario().cold().call().hook("main.audit (/src/a.go:1)", 5*ms).line(lambdaenv.Function, failed)
	s.after(time.Second).line(lambdaenv.Function, abandoned).line(lambdaenv.Function, notStarted).idle(3, time.Second)
	s.call().after(100 * ms).crash()
	html := page(t, s.Recording())
	wantBars(t, html, "hooks",
		"audit, failed 12.2-17.2 failed; slow, abandoned 17.2-1017.2 failed; "+
			"next, never started 1017.2-1017.2 failed; hooks unknown 1019.5-1119.6")
	marked := strings.Contains(html, `<div class="bar event failed mark hooks`)
	if !marked || strings.Count(html, `<div class="bar hook`) != 2 {
		t.Error("want a mark, and no bar, for the hook that never started")
	}
	wantBars(t, html, "function",
		"init 0-10; handler and answer 10.1-12.1; handler and answer 1017.5-1019.5; ended 1119.6-1119.6 failed")
	if !strings.Contains(html, "no route to host") {
		t.Error("the page does not say why a hook failed")
	}
}

// A hook of Go that ignores its context is one bar, which begins when the hook
// did, and not when another hook ended.
func TestAHookThatIgnoresItsContextIsOneBar(t *testing.T) {
	const ping = `hook="main.ping (a.go:1)"`
	s := newScenario().cold().call().hook("main.flush (a.go:2)", 100*ms)
	s.after(900*ms).line(lambdaenv.Function,
		`level=ERROR message="postinvoke: hook abandoned" `+ping+` started=true reason="it still ran when its time was `+
			`up" hookMs=1001`)
	s.idle(2, time.Second).after(time.Second)
	abandonedIn := s.request()
	s.call()
	for _, record := range []string{
		`level=DEBUG message="postinvoke: hook finished" hookMs=2100 `, `level=ERROR message="postinvoke: hook failed" ` +
			`error="too late" `,
	} {
		s.line(lambdaenv.Function, record+ping+" requestId="+abandonedIn)
	}
	html := page(t, s.idle(0, 0).Recording())
	wantBars(t, html, "hooks", "ping, abandoned 11.2-1012.2 failed; flush 12.2-112.2")
	for _, want := range []string{"its time was up. It failed: too late.",
		"ping, abandoned after 1.00 s (a.go:1)</span>"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// The library rounds to microseconds, and logs 0 for what takes less.
func TestAHookUnderAMicrosecondHasABar(t *testing.T) {
	s := newScenario().cold().call().hook("main.a (a.go:1)", 0).hook("main.b (a.go:2)", 0)
	html := page(t, s.idle(2, ms).Recording())
	wantBars(t, html, "hooks", "a 12.1995-12.2; b 12.1995-12.2")
	if !strings.Contains(html, "a under 1 µs (a.go:1)</span>") {
		t.Error("no label says how long it took")
	}
}

// With nothing that ran there is no bar, in either log format.
func TestHooksThatNeverStarted(t *testing.T) {
	for _, record := range []string{
		`level=ERROR message="postinvoke: hook abandoned" hook="main.next (/src/a.go:9)" started=false reason="no time ` +
			`was left"`,
		`{"level":"ERROR","message":"postinvoke: hook abandoned","hook":"main.next ` +
			`(/src/a.go:9)","started":false,"reason":"no time was left"}`,
	} {
		s := newScenario().cold().call().line(lambdaenv.Function, record)
		s.line(lambdaenv.Function, `level=INFO message="postinvoke: hooks finished" hooks=1 abandoned=1`)
		html := page(t, s.idle(0, 0).Recording())
		wantBars(t, html, "hooks", "next, never started 12.2-12.2 failed")
		if strings.Contains(html, `<div class="bar hook`) || !strings.Contains(html, "next, never started (a.go:9)</span>") {
			t.Errorf("%s: want a mark with its label, and no bar", record)
		}
	}
}

// What Lambda counts and bills is in the log, too, and the same there.
func TestWhatIsBilled(t *testing.T) {
	s := newScenario().cold().call().idle(1, 250*ms).call()
	s.observe(lambdaenv.Platform, lambdaenv.Idle, "")
	s.Invoked(&lambdaenv.Response{RequestID: s.request()},
		&lambdaenv.Report{RequestID: s.request(), Status: "success", Duration: 2 * ms, Billed: 12 * ms, Init: 10 * ms})
	html := page(t, s.Recording())
	for _, want := range []string{"Lambda reports 252.50 ms and bills 253 ms.",
		"Lambda reports 2.00 ms and bills 12 ms, the Init phase before it included.", "<dd>12 – 253 ms</dd><dt>billed " +
			"per invocation</dt>"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestHooksThatRunAtTheSameTimeDoNotHideEachOther(t *testing.T) {
	s := newScenario().cold().call()
	for _, name := range []string{"main.a (a.go:1)", "main.b (a.go:2)", "main.c (a.go:3)"} {
		s.at = 2 * time.Second // they all end then
		s.line(lambdaenv.Function, `{"message":"postinvoke: hook finished","hook":"`+name+`","hookMs":1500}`)
	}
	html := page(t, s.idle(3, 2*time.Second).Recording())
	if got := rowsOf(html); got != 3 {
		t.Errorf("got hooks in %d rows, want 3", got)
	}
}

func TestLogTextIsEscaped(t *testing.T) {
	const markup = `</td></svg><script>document.title="pwned"</script><img src=x onerror=alert(1)>"'&{{.}}`
	s := newScenario().cold().call().line(lambdaenv.Function, markup)
	s.hook(`main.`+strings.NewReplacer(`"`, `\"`).Replace(markup)+` (/src/main.go:1)`, 5*ms)
	s.observe(lambdaenv.Platform, lambdaenv.ShutdownBegan, markup).Ended(&lambdaenv.ShutdownReport{Reason: markup})
	r := s.Recording()
	r.Name, r.Intro, r.Place = markup, []string{markup}, markup
	html := page(t, r)
	for _, bad := range []string{"<script>document", "<img", "onerror=alert(1)>\"'"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page contains %s", bad)
		}
	}
	if got := strings.Count(html, "<script"); got != 1 {
		t.Errorf("got %d scripts, want the page's own", got)
	}
	snapshot := report.Now(r, time.Second, 3)
	if part := string(snapshot.Chart); strings.Contains(part, "<script") || strings.Contains(part, "<img") {
		t.Errorf("a part of the live page contains markup of the log:\n%s", part)
	}
}

func TestNothingFromElsewhere(t *testing.T) {
	html := page(t, whole(time.Second))
	for _, bad := range []string{"http:", "https:", "src=", "@import"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page contains %s", bad)
		}
	}
}

// A recording without end forgets its beginning.
func TestForgottenInvocationsAreNotMissed(t *testing.T) {
	s := newScenario()
	s.Recorder = recording.NewRecorder(recording.About{Began: s.began, Endless: true})
	s.cold()
	for range 200 {
		s.call().hook("main.a (a.go:1)", 5*ms).idle(1, 5*ms).after(time.Second)
	}
	if got := len(s.Recording().Moments); got > 2000 {
		t.Errorf("got %d moments, want no more than 2000", got)
	}
	if got := len(s.Recording().Invocations); got == 0 || got == 200 {
		t.Errorf("got %d invocations, want those of the moments that are kept", got)
	}
	chart := string(report.Now(s.Recording(), s.at, 3).Chart)
	if got := strings.Count(bars(chart, "platform"), "invocation") + strings.Count(bars(chart, "hooks"), "a "); got != 6 {
		t.Errorf("got the bars %s, want three invocations, with their hooks", bars(chart, "platform"))
	}
}

func TestSnapshot(t *testing.T) {
	tests := []struct {
		scenario *scenario
		state    string
	}{
		{newScenario(), "There is no environment: the next invocation starts one."},
		{newScenario().cold().call(), "The caller has its response, and hooks run."},
		{newScenario().cold().call().idle(1, ms), "The environment is frozen."},
		{newScenario().cold().call().idle(1, ms).end(), "There is no environment: the next invocation starts one."},
	}
	for _, test := range tests {
		r := test.scenario.Recording()
		got := report.Now(r, test.scenario.at+time.Second, 3)
		if got.State != test.state {
			t.Errorf("got %q, want %q", got.State, test.state)
		}
	}
	s := newScenario().cold()
	for range 5 {
		s.call().idle(1, ms).after(time.Second)
	}
	got := strings.Count(string(report.Now(s.Recording(), s.at, 2).Chart), `<div class="bar waiting`)
	if got != 2 {
		t.Errorf("got %d invocations, want the last 2", got)
	}
}

// A shutdown that waits for hooks comes right after them: the environment was
// not frozen in between.
func TestAShutdownRightAfterHooks(t *testing.T) {
	for idle, want := range map[time.Duration]string{
		time.Second: "init 0-10; invocation 10.1-112.3; frozen 112.4-1112.4; shutdown 1112.4-1116.5",
		ms:          "init 0-10; invocation 10.1-112.3; shutdown 113.4-117.5",
	} {
		s := newScenario().cold().call().hook("main.a (a.go:1)", 100*ms).idle(1, 100*ms).after(idle)
		if got := bars(page(t, s.end().Recording()), "platform"); got != want {
			t.Errorf("idle for %v: got\n%s\nwant\n%s", idle, got, want)
		}
	}
}

// A long event can be read in the log, unless it is very long.
func TestLongEvents(t *testing.T) {
	for length, want := range map[int]bool{500: true, 150_000: false} {
		s := newScenario().cold().observe(lambdaenv.Caller, "called", `"`+strings.Repeat("x", length)+`<end>"`)
		html := page(t, s.Recording())
		if got := strings.Contains(html, "&lt;end&gt;"); got != want || len(html) > 150_000 {
			t.Errorf("an event of %d characters: the page of %d bytes has all of it: %v, want %v", length, len(html), got, want)
		}
	}
}
