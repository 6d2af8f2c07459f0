package report_test

import (
	"regexp"
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
		"init 0-10; invocation 10.1-3062.3; frozen, then thawed 3062.4-8062.4; shutdown 8062.4-8066.5; thawed 8062.4-8062.4")
	wantBars(t, html, "function", "init 0-10; handler and answer 10.1-12.1; SIGTERM 8062.5-8064.5")
	wantBars(t, html, "hooks", "handle.func2 12.2-3012.2; y.(*T).flush 3012.2-3062.2")
	wantBars(t, html, "extension", "init 0-10; shutdown 8062.4-8065.5")
	for _, want := range []string{
		"Response first, hooks after", "Running a test.", "4 March 2026", "function returned response here, before " +
			"cleanup begins",
		"duration includes cleanup time", "lambda was shut down 5.0s later", "environment shut down after 8.1 s, " +
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

// On AWS nothing shows when an environment is frozen, nor signals.
func TestWithWhatIsKnownOfAWS(t *testing.T) {
	s := newScenario()
	for range 2 {
		s.observe(lambdaenv.Platform, lambdaenv.Invoked, "").after(2*ms).observe(lambdaenv.Platform, lambdaenv.Idle,
			"").after(time.Minute)
	}
	s.line(lambdaenv.Function, `{"message":"postinvoke: shutdown hooks finished","hooks":1,"hooksMs":1.5}`)
	html := page(t, s.Recording())
	wantBars(t, html, "platform",
		"invocation 0-2; frozen, then thawed 2-60002; thawed 60002-60002; invocation 60002-60004; frozen 60004-120004 open")
	wantBars(t, html, "function", "handler and answer 0-2; handler and answer 60002-60004; shutdown 120002.5-120004")
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
	if got := strings.Count(html, `class="plot"`); got != 2 {
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
	s.call().after(100*ms).observe(lambdaenv.Function, lambdaenv.Exited, "signal: killed").observe(lambdaenv.Platform,
		lambdaenv.Reset, "failure")
	html := page(t, s.Recording())
	wantBars(t, html, "hooks",
		"audit, failed 12.2-17.2 failed; slow, abandoned 17.2-1017.2 failed; "+
			"next, never started 1017.2-1017.2 failed; hooks unknown 1019.5-1119.6")
	if !strings.Contains(html, `<g class="bar event failed hooks"`) || strings.Count(html, `<g class="bar hook`) != 2 {
		t.Error("want a mark, and no bar, for the hook that never started")
	}
	wantBars(t, html, "function",
		"init 0-10; handler and answer 10.1-12.1; handler and answer 1017.5-1019.5; ended 1119.6-1119.6 failed")
	if !strings.Contains(html, "no route to host") {
		t.Error("the page does not say why a hook failed")
	}
}

// A hook of Go that ignores its context is one bar, which begins when the hook
// did, and not when another hook ended; when it returns late, that is a mark.
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
		`level=WARN message="postinvoke: abandoned hook returned" lateMs=1099 `,
	} {
		s.line(lambdaenv.Function, record+ping+" requestId="+abandonedIn)
	}
	html := page(t, s.idle(0, 0).Recording())
	wantBars(t, html, "hooks", "ping, abandoned 11.2-1012.2 failed; flush 12.2-112.2; ping, returned 2014.6-2014.6")
	for _, want := range []string{"its time was up. It failed: too late. It returned 1.10 s later.",
		"ping (a.go:1), abandoned after 1.00 s</text>"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// Without that record's length, as older versions of the library write it,
// nothing shows when the hook began.
func TestAnAbandonedHookOfUnknownLength(t *testing.T) {
	s := newScenario().cold().call().after(time.Second)
	s.line(lambdaenv.Function,
		`level=ERROR message="postinvoke: hook abandoned" hook="main.ping (a.go:1)" started=true reason="late"`)
	wantBars(t, page(t, s.idle(1, time.Second).Recording()), "hooks",
		"1 hook 12.2-1012.2; ping, abandoned 1012.2-1012.2 failed")
}

// The name of a hook is what one looks for: a narrow bar keeps it.
func TestAFailedHookKeepsItsName(t *testing.T) {
	s := newScenario().cold().call().hook("main.audit (/src/a.go:1)", 5*ms)
	s.line(lambdaenv.Function, `level=ERROR message="postinvoke: hook failed" hook="main.audit (/src/a.go:1)" error="no"`)
	s.hook("main.flush (/src/a.go:2)", 10*time.Second)
	html := page(t, s.idle(2, 10*time.Second).Recording())
	if !regexp.MustCompile(`<text[^>]*>audit[^<]*failed[^<]*</text>`).MatchString(html) {
		t.Error("no label has the name of the hook that failed")
	}
}

// The library rounds to microseconds, and logs 0 for what takes less.
func TestAHookUnderAMicrosecondHasABar(t *testing.T) {
	s := newScenario().cold().call().hook("main.a (a.go:1)", 0).hook("main.b (a.go:2)", 0)
	html := page(t, s.idle(2, ms).Recording())
	wantBars(t, html, "hooks", "a 12.1995-12.2; b 12.1995-12.2")
	if !strings.Contains(html, "a (a.go:1) under 1 µs</text>") {
		t.Error("no label says how long it took")
	}
	if widths := regexp.MustCompile(`<g class="bar hook [^>]*><rect[^>]* width="([0-9.]+)%"`).FindAllStringSubmatch(html,
		-1); len(widths) != 2 || widths[0][1] == "0" {
		t.Errorf("got bars of widths %v, want two that are to be seen", widths)
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
		html := page(t, s.idle(1, time.Second).Recording())
		wantBars(t, html, "hooks", "next, never started 12.2-12.2 failed")
		if strings.Contains(html, `<g class="bar hook`) || !strings.Contains(html, "next (a.go:9), never started</text>") {
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
	ys := rowsOf(html, "hook")
	if len(ys) != 3 {
		t.Errorf("got hooks in %d rows, want 3", len(ys))
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
	for _, part := range []string{string(snapshot.Chart), string(snapshot.Table)} {
		if strings.Contains(part, "<script") || strings.Contains(part, "<img") {
			t.Errorf("a part of the live page contains markup of the log:\n%s", part)
		}
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

// A recording without end, which forgets its beginning, looks the same at its end.
func TestForgottenInvocationsAreNotMissed(t *testing.T) {
	play := func(last int) *scenario {
		s := newScenario()
		s.Recorder = recording.NewRecorder(recording.About{Began: s.began, Last: last})
		s.observe(lambdaenv.Caller, recording.Called, "{}").cold()
		for range 10 {
			s.call().line(lambdaenv.Function, "flushed").hook("main.a (a.go:1)", 5*ms).idle(1, 5*ms).after(time.Second)
		}
		return s
	}
	all, some := play(0), play(3)
	if got, want := report.Now(some.Recording(), some.at, 3), report.Now(all.Recording(), all.at, 3); got != want {
		t.Errorf("got\n%s\nwant\n%s", bars(string(got.Chart), "platform"), bars(string(want.Chart), "platform"))
	}
	if got, most := len(some.Recording().Moments), len(all.Recording().Moments)/2; got > most {
		t.Errorf("got %d moments, want no more than %d", got, most)
	}
	if got := len(some.Recording().Invocations); got > 4 {
		t.Errorf("got %d invocations, want those that are seen", got)
	}
}

func TestSnapshot(t *testing.T) {
	tests := []struct {
		scenario *scenario
		state    string
		moving   bool
	}{
		{newScenario(), "There is no environment: the next invocation starts one.", false},
		{newScenario().cold().call(), "The caller has its response, and hooks run.", true},
		{newScenario().cold().call().idle(1, ms), "The environment is frozen.", true},
		{newScenario().cold().call().idle(1, ms).end(), "There is no environment: the next invocation starts one.", false},
	}
	for _, test := range tests {
		r := test.scenario.Recording()
		got := report.Now(r, test.scenario.at+time.Second, 3)
		if got.State != test.state || got.Moving != test.moving {
			t.Errorf("got %q, moving %v; want %q, %v", got.State, got.Moving, test.state, test.moving)
		}
	}
	s := newScenario().cold()
	for range 5 {
		s.call().idle(1, ms).after(time.Second)
	}
	got := strings.Count(string(report.Now(s.Recording(), s.at, 2).Chart), `<g class="bar waiting`)
	if got != 2 {
		t.Errorf("got %d invocations, want the last 2", got)
	}
}
