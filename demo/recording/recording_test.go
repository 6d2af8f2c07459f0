package recording_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// A scenario is a recorder to which things happen, now.
type scenario struct{ *recording.Recorder }

func newScenario() scenario { return scenario{recording.NewRecorder(recording.About{})} }

func (s scenario) entry(source lambdaenv.Source, kind lambdaenv.Kind, request, text string) scenario {
	s.Observe(lambdaenv.Entry{Time: time.Now(), Source: source, Kind: kind, RequestID: request, Text: text})
	return s
}

func (s scenario) platform(kind lambdaenv.Kind, request, text string) scenario {
	return s.entry(lambdaenv.Platform, kind, request, text)
}

// responds has the caller get a response, or an error.
func (s scenario) responds(request, functionError string) scenario {
	s.entry(lambdaenv.Caller, lambdaenv.Responded, request, "")
	s.Answer(&lambdaenv.Response{RequestID: request, FunctionError: functionError})
	return s
}

// finish ends an invocation.
func (s scenario) finish(request, status, functionError string) scenario {
	s.Invoked(&lambdaenv.Response{RequestID: request, FunctionError: functionError},
		&lambdaenv.Report{RequestID: request, Status: status})
	return s
}

func (s scenario) end() *recording.Recording {
	s.platform(lambdaenv.ShutdownBegan, "", "spindown").platform(lambdaenv.ShutdownDone, "", "")
	s.Ended(&lambdaenv.ShutdownReport{Reason: "spindown"})
	return s.Recording()
}

// displayed is the log.
func displayed(r *recording.Recording) []string {
	var log []string
	for _, m := range r.Moments {
		if m.Display != "" {
			log = append(log, m.Display)
		}
	}
	return log
}

func remarks(r *recording.Recording) string {
	var all []string
	for _, m := range r.Moments {
		if m.Remark != "" {
			all = append(all, fmt.Sprintf("%s: %s", m.Kind, m.Remark))
		}
	}
	return strings.Join(all, "; ")
}

const readyRecord = `level=INFO message="postinvoke: ready" mode=internal`

const hooksFinished = `level=INFO message="postinvoke: hooks finished" hooks=1 hooksMs=3 failures=0 abandoned=0 ` +
	`requestId=`

func TestRemarkOnTheResponse(t *testing.T) {
	for _, test := range []struct{ ready, functionError, want string }{
		{readyRecord, "", "responded: function returned response here, before any cleanup"},
		{readyRecord, "Runtime.ExitError", ""},
		{"without the library", "", ""},
	} {
		s := newScenario().entry(lambdaenv.Function, lambdaenv.Line, "", test.ready)
		for range 2 {
			s.responds("A", test.functionError)
		}
		if got := remarks(s.Recording()); got != test.want {
			t.Errorf("%+v: got %q", test, got)
		}
	}
}

// Where the way to the caller is long, hooks can be over before.
func TestNoRemarkOnAResponseAfterTheHooks(t *testing.T) {
	s := newScenario().entry(lambdaenv.Function, lambdaenv.Line, "A", hooksFinished+"A").
		platform(lambdaenv.Idle, "A", "").responds("A", "")
	s.Ended(nil)
	if got := remarks(s.Recording()); got != "" {
		t.Errorf("got %q, want none", got)
	}
}

func TestResets(t *testing.T) {
	s := newScenario().platform(lambdaenv.InitStarted, "", "init")
	s.entry(lambdaenv.Function, lambdaenv.Line, "", readyRecord)
	s.platform(lambdaenv.Invoked, "A", "").responds("A", "Runtime.ExitError").
		platform(lambdaenv.Reset, "A", "failure").finish("A", "error", "Runtime.ExitError")
	s.platform(lambdaenv.InitStarted, "B", "init") // as on this machine
	s.platform(lambdaenv.Invoked, "B", "").responds("B", "").platform(lambdaenv.Reset, "B", "timeout").
		finish("B", "timeout", "")
	s.platform(lambdaenv.InitStarted, "", "init") // as on AWS
	s.platform(lambdaenv.Invoked, "C", "").responds("C", "").platform(lambdaenv.Idle, "C", "").
		finish("C", "success", "")
	s.platform(lambdaenv.Invoked, "D", "").responds("D", "").platform(lambdaenv.Idle, "D", "").
		finish("D", "success", "")
	var got []string
	r := s.end()
	for _, inv := range r.Invocations {
		got = append(got, inv.HooksTook()+": "+inv.Notes())
	}
	want := []string{
		"unknown: error, environment reset, only the layer could log what became of hooks",
		"unknown: cold start after the reset, timeout after the response, environment reset, only the layer " +
			"could log what became of hooks",
		"no hooks: cold start after the reset",
		"no hooks: ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := remarks(r); !strings.Contains(got, "lambda was shut down ") ||
		!strings.HasSuffix(got, " later than the last invocation") {
		t.Errorf("got the remarks %q, want one about the shutdown", got)
	}
}

// What a reset has ended is not shut down as if all were well.
func TestNothingToShutDownAfterAReset(t *testing.T) {
	s := newScenario().platform(lambdaenv.InitStarted, "", "init").responds("A", "Runtime.ExitError").
		platform(lambdaenv.Reset, "A", "failure")
	r := s.end()
	if got, want := r.End(), "no environment is left to shut down: the reset ended it"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := remarks(r); got != "" {
		t.Errorf("got the remarks %q, want none", got)
	}
	if got := displayed(r); !strings.HasPrefix(got[len(got)-1], "reset after a failure") || r.Shutdown != nil {
		t.Errorf("got the log %q, want it to end with the reset", got)
	}
}

func TestShutdownHooksThatFail(t *testing.T) {
	s := newScenario().platform(lambdaenv.ShutdownBegan, "", "spindown")
	s.entry(lambdaenv.Function, lambdaenv.Line, "",
		`{"message":"postinvoke: shutdown hooks finished","hooks":3,"hooksMs":250,"failures":1,"abandoned":2}`)
	s.platform(lambdaenv.ShutdownDone, "", "").Ended(&lambdaenv.ShutdownReport{Reason: "spindown"})
	got := s.Recording().End()
	if want := ", reason: spindown, shutdown hooks failed: 1, shutdown hooks abandoned: 2"; !strings.HasSuffix(got,
		want) {
		t.Errorf("got %q, want it to end with %q", got, want)
	}
}

// Whether the caller waited for a cold start depends on who came first.
func TestColdStarts(t *testing.T) {
	invoke := func(s scenario, init time.Duration) {
		s.Invoked(&lambdaenv.Response{}, &lambdaenv.Report{Status: "success", Init: init})
	}
	s := newScenario().platform(lambdaenv.InitStarted, "", "init")
	s.Call(nil)
	invoke(s, time.Millisecond)
	s.Call(nil)
	invoke(s, 0)
	late := newScenario()
	late.Call(nil)
	invoke(late.platform(lambdaenv.InitStarted, "", "init"), time.Millisecond)
	var got []string
	for _, inv := range append(s.Recording().Invocations, late.Recording().Invocations...) {
		got = append(got, inv.Notes())
	}
	if want := []string{"cold start, its init before the call", "", "cold start"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A reset thaws the extensions only to end them.
func TestLogOfACrash(t *testing.T) {
	s := newScenario().platform(lambdaenv.InitStarted, "", "init").responds("A", "").
		platform(lambdaenv.Idle, "A", "").platform(lambdaenv.Frozen, "", "")
	s.entry(lambdaenv.Function, lambdaenv.Exited, "", "signal: killed").platform(lambdaenv.Reset, "", "failure").
		platform(lambdaenv.Thawed, "", "")
	r := s.Recording()
	got := displayed(r)
	want := []string{"frozen: nothing runs until it is thawed", "ended: signal: killed",
		"reset after a failure: the next invocation starts new processes"}
	if !slices.Equal(got[1:], want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got[1:], "\n"), strings.Join(want, "\n"))
	}
}

// Nothing is known of hooks where the library's records are not in the log, or
// the one about the invocation cannot be read.
func TestNoRecordIsNotNoHooks(t *testing.T) {
	const spoilt = `half of a line{"message":"postinvoke: hooks finished","hooks":1`
	for name, test := range map[string]struct{ ready, line, want string }{
		"the library logs":     {readyRecord, "hello", "no hooks"},
		"records are filtered": {"", "hello", "not logged"},
		"only a warning came":  {strings.Replace(readyRecord, "INFO", "WARN", 1), "hello", "not logged"},
		"the record is spoilt": {readyRecord, spoilt, "not logged"},
		"hooks that never started": {readyRecord, `level=INFO message="postinvoke: hooks finished" hooks=1 ` +
			`abandoned=1 requestId=A`, "none ran"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScenario().entry(lambdaenv.Function, lambdaenv.Line, "", test.ready)
			s.entry(lambdaenv.Function, lambdaenv.Line, "A", test.line).responds("A", "").finish("A", "success", "")
			if got := s.end().Invocations[0].HooksTook(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Hooks that run before the error is reported do not follow a response.
func TestHooksOfAHandlerThatPanics(t *testing.T) {
	const record = `level=INFO message="postinvoke: hooks finished" outcome=panic hooks=2 hooksMs=836.2 requestId=A`
	s := newScenario().entry(lambdaenv.Function, lambdaenv.Line, "A", record).responds("A", "string").
		platform(lambdaenv.Reset, "A", "failure")
	r := s.finish("A", "error", "string").end()
	inv := r.Invocations[0]
	if got, want := inv.HooksTook()+": "+inv.Notes(),
		"836.2 ms: error, environment reset, hooks ran before the error"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := remarks(r); got != "" {
		t.Errorf("got the remarks %q, want none", got)
	}
}

// What the extension says is lost is known, before the report of the invocation
// as on this machine, and after it.
func TestLostHooks(t *testing.T) {
	const lost = `level=ERROR message="postinvoke: hooks lost" requestId=A phase=hooks running=1 notStarted=4 ` +
		`hook="example.com/x/y.(*T).flush-fm" waiting="main.d (/a/d.go:4), main.c (/a/c.go:3)"`
	const want = "5 lost: error after the response, environment reset, lost in the middle: y.(*T).flush-fm, " +
		"lost before it started: d (d.go:4), c (c.go:3), 2 more"
	for _, late := range []bool{false, true} {
		s := newScenario().platform(lambdaenv.InitStarted, "", "init").
			entry(lambdaenv.Function, lambdaenv.Line, "", readyRecord).responds("A", "")
		s.platform(lambdaenv.Reset, "A", "failure")
		if late {
			s.finish("A", "error", "")
		}
		s.entry(lambdaenv.Extension, lambdaenv.Line, "A", lost)
		s.entry(lambdaenv.Extension, lambdaenv.Line, "A",
			`level=ERROR message="postinvoke: hooks lost" phase=shutdown running=0 notStarted=3`)
		if !late {
			s.finish("A", "error", "")
		}
		r := s.end()
		inv := r.Invocations[0]
		if got := inv.HooksTook() + ": " + inv.Notes(); !late && got != want || late &&
			!strings.HasPrefix(got, "5 lost: ") {
			t.Errorf("late %v: got %q, want %q", late, got, want)
		}
		if got, want := r.End(), "no environment is left to shut down: the reset ended it, shutdown function lost "+
			"before it started: 3"; got != want {
			t.Errorf("got the end %q, want %q", got, want)
		}
		if got, want := remarks(r), "line: the layer logs what was lost with the process"; !strings.HasSuffix(got, want) {
			t.Errorf("got the remarks %q, want %q", got, want)
		}
	}
}

// That no hooks were lost is known if the extension has read what the process
// had noted; else nothing is known of them, and the summary says why.
func TestAbsenceOfARecordIsNotZero(t *testing.T) {
	const ready, environment = `level=INFO message="postinvoke: ready" mode=internal layer=`,
		`level=INFO message="postinvoke: environment shut down" reason=failure`
	for name, test := range map[string]struct{ layer, record, want string }{
		"the black box is read": {"true", environment + " invocations=0", "no hooks: error, environment reset"},
		"the black box is not read": {"true", environment,
			"unknown: error, environment reset, only the layer could log what became of hooks"},
		"without the layer": {"false", "", "unknown: error, environment reset, only the layer could log what became " +
			"of hooks"},
	} {
		s := newScenario().platform(lambdaenv.InitStarted, "", "init").
			entry(lambdaenv.Function, lambdaenv.Line, "", ready+test.layer)
		s.responds("A", "Runtime.ExitError").platform(lambdaenv.Reset, "A", "failure").
			entry(lambdaenv.Extension, lambdaenv.Line, "A", test.record)
		inv := s.finish("A", "error", "Runtime.ExitError").end().Invocations[0]
		if got := inv.HooksTook() + ": " + inv.Notes(); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// What is remarkable of one invocation is not said beside the report of another.
func TestRemarkOnTheReportOfItsInvocation(t *testing.T) {
	const report = `REPORT RequestId: `
	s := newScenario().entry(lambdaenv.Function, lambdaenv.Line, "A", hooksFinished+"A")
	s.entry(lambdaenv.Platform, lambdaenv.Line, "B", report+"B").
		entry(lambdaenv.Platform, lambdaenv.Line, "A", report+"A")
	var got []string
	for _, m := range s.end().Moments {
		if m.Remark == "duration includes cleanup time" {
			got = append(got, m.RequestID)
		}
	}
	if strings.Join(got, " ") != "A" {
		t.Errorf("got the remark beside the reports of %q, want it beside that of A", got)
	}
}
