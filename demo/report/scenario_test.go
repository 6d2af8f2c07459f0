package report_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/demo/report"
	"example.com/postinvoke/lambdaenv"
)

// A scenario feeds a recorder with entries at known times.
type scenario struct {
	*recording.Recorder
	began time.Time
	at    time.Duration
	n     int    // invocations
	error string // what the caller of the last one got instead of a response
}

const ms = time.Millisecond

func newScenario() *scenario {
	began := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	about := recording.About{Intro: []string{"Running a test."}, Place: "on this machine", Began: began}
	return &scenario{Recorder: recording.NewRecorder(about), began: began}
}

// after lets some time pass.
func (s *scenario) after(d time.Duration) *scenario {
	s.at += d
	return s
}

func (s *scenario) request() string {
	return fmt.Sprintf("5e0c1f2a-9d3b-4c47-8a55-0d9f6b1e7c%02d", s.n)
}

func (s *scenario) observe(source lambdaenv.Source, kind lambdaenv.Kind, text string) *scenario {
	s.Observe(lambdaenv.Entry{Time: s.began.Add(s.at), Source: source, Kind: kind, RequestID: s.request(), Text: text})
	return s
}

func (s *scenario) line(source lambdaenv.Source, text string) *scenario {
	return s.observe(source, lambdaenv.Line, text)
}

// cold starts an environment with the extension, in 10 ms.
func (s *scenario) cold() *scenario {
	s.observe(lambdaenv.Platform, lambdaenv.InitStarted, "init")
	s.line(lambdaenv.Platform, "INIT_START Runtime Version: provided:al2023.v111")
	s.line(lambdaenv.Function, `level=INFO message="postinvoke: ready" mode=internal layer=true`)
	s.after(9*ms).line(lambdaenv.Platform, "EXTENSION\tName: postinvoke\tState: Ready\tEvents: [SHUTDOWN]")
	return s.after(1*ms).observe(lambdaenv.Platform, lambdaenv.InitDone, "")
}

// coldWithoutLayer starts an environment without the extension, in 10 ms.
func (s *scenario) coldWithoutLayer() *scenario {
	s.observe(lambdaenv.Platform, lambdaenv.InitStarted, "init")
	s.line(lambdaenv.Function, `level=INFO message="postinvoke: ready" mode=internal layer=false`)
	return s.after(10*ms).observe(lambdaenv.Platform, lambdaenv.InitDone, "")
}

// invoke has the function get an event.
func (s *scenario) invoke() *scenario {
	s.n, s.error = s.n+1, ""
	s.observe(lambdaenv.Caller, recording.Called, "{}")
	s.after(ms/10).observe(lambdaenv.Platform, lambdaenv.Thawed, "")
	return s.observe(lambdaenv.Platform, lambdaenv.Invoked, "")
}

// fails has the caller get an error.
func (s *scenario) fails() *scenario {
	s.observe(lambdaenv.Caller, lambdaenv.Responded, "")
	s.Answer(&lambdaenv.Response{RequestID: s.request(), FunctionError: "Runtime.ExitError", Latency: 2 * ms})
	s.error = "Runtime.ExitError"
	return s
}

// crash ends the function's process and so the environment. Then the extension, if
// there is one, logs these records.
func (s *scenario) crash(records ...string) *scenario {
	s.observe(lambdaenv.Function, lambdaenv.Exited, "exit status 1")
	s.observe(lambdaenv.Platform, lambdaenv.Reset, "failure").after(ms)
	for _, record := range records {
		s.line(lambdaenv.Extension, record)
	}
	response := &lambdaenv.Response{RequestID: s.request(), FunctionError: s.error, Latency: 2 * ms}
	s.Invoked(response, &lambdaenv.Report{RequestID: s.request(), Status: "error"})
	return s
}

// Records of the extension: with the black box read, and not.
const (
	boxRead = `level=INFO message="postinvoke: environment shut down" reason=failure lifetimeMs=20 idleMs=1 ` +
		`invocations=1`
	boxNotRead = `level=INFO message="postinvoke: environment shut down" reason=failure lifetimeMs=20`
)

// lostRecord is the extension's record of hooks that were lost.
func (s *scenario) lostRecord(fields string) string {
	return `level=ERROR message="postinvoke: hooks lost" requestId=` + s.request() + " " + fields
}

// call invokes the function, which answers after 2 ms.
func (s *scenario) call() *scenario {
	s.invoke().after(2*ms).observe(lambdaenv.Caller, lambdaenv.Responded, "")
	s.Answer(&lambdaenv.Response{RequestID: s.request(), Payload: []byte("{}"), Latency: 2 * ms})
	return s.after(ms/10).observe(lambdaenv.Function, lambdaenv.RuntimeDone, "")
}

// hook runs for so long, and is recorded by the library.
func (s *scenario) hook(name string, took time.Duration) *scenario {
	return s.after(took).line(lambdaenv.Function, fmt.Sprintf(
		`timestamp=2026-03-04T05:06:10.012Z level=DEBUG message="postinvoke: hook finished" hook="%s" hookMs=%.3f `+
			`requestId=%s`, name, float64(took)/float64(ms), s.request()))
}

// idle ends the invocation.
func (s *scenario) idle(hooks int, took time.Duration) *scenario {
	if hooks > 0 {
		s.line(lambdaenv.Function,
			fmt.Sprintf(`{"level":"INFO","message":"postinvoke: hooks `+
				`finished","outcome":"ok","responseMs":2,"hooks":%d,"hooksMs":%.3f,"failures":0,"abandoned":0,"requestId":"%s"}`,
				hooks, float64(took)/float64(ms), s.request()))
	}
	s.after(ms/10).observe(lambdaenv.Platform, lambdaenv.Idle, "")
	s.line(lambdaenv.Platform, "REPORT RequestId: "+s.request()+"\tDuration: 3003.21 ms")
	s.after(ms/10).observe(lambdaenv.Platform, lambdaenv.Frozen, "")
	s.Invoked(&lambdaenv.Response{RequestID: s.request(), Latency: 2 * ms},
		&lambdaenv.Report{RequestID: s.request(), Status: "success", Duration: took + 5*ms/2, Billed: took + 3*ms})
	return s
}

// end shuts the environment down.
func (s *scenario) end() *scenario {
	s.observe(lambdaenv.Platform, lambdaenv.ShutdownBegan, "spindown").observe(lambdaenv.Platform, lambdaenv.Thawed, "")
	s.after(ms/10).observe(lambdaenv.Function, lambdaenv.Signaled, "SIGTERM").line(lambdaenv.Function, "bye y'all!")
	s.after(2*ms).observe(lambdaenv.Function, lambdaenv.Exited, "exit status 0")
	s.after(ms).observe(lambdaenv.Extension, lambdaenv.Exited, "exit status 0")
	s.after(ms).observe(lambdaenv.Platform, lambdaenv.ShutdownDone, "")
	s.Ended(&lambdaenv.ShutdownReport{Reason: "spindown", Took: 4 * ms})
	return s
}

// whole is a run of two invocations, with hooks of three seconds and of one,
// and idle for so long after each.
func whole(idle time.Duration) *recording.Recording {
	s := newScenario().cold()
	for range 2 {
		s.call().hook("main.handle.func2 (/src/main.go:35)", 3*time.Second).hook("main.handle.func1 (/src/main.go:29)",
			time.Second)
		s.idle(2, 4*time.Second).after(idle)
	}
	return s.end().Recording()
}

// page is the report as HTML.
func page(t *testing.T, recordings ...*recording.Recording) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, recordings...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var barPattern = regexp.MustCompile(`<div class="bar ([^"]*)" [^>]* data-name="([^"]*)" data-lane="([^"]*)" ` +
	`data-from="([^"]*)" data-to="([^"]*)"`)

// bars are those of the lane, as "name from-to" in milliseconds.
func bars(html, lane string) string {
	var all []string
	for _, m := range barPattern.FindAllStringSubmatch(html, -1) {
		if m[3] == lane {
			bar := m[2] + " " + m[4] + "-" + m[5]
			for _, flag := range []string{"failed", "open"} {
				if strings.Contains(" "+m[1]+" ", " "+flag+" ") {
					bar += " " + flag
				}
			}
			all = append(all, bar)
		}
	}
	return strings.Join(all, "; ")
}

func wantBars(t *testing.T, html, lane, want string) {
	t.Helper()
	if got := bars(html, lane); got != want {
		t.Errorf("%s: got\n%s\nwant\n%s", lane, got, want)
	}
}

var rowPattern = regexp.MustCompile(`data-lane="(hooks|goroutine)"[^>]* style="grid-area: (\d+) `)

// rowsOf returns how many rows the hooks have.
func rowsOf(html string) int {
	rows := map[string]bool{}
	for _, m := range rowPattern.FindAllStringSubmatch(html, -1) {
		rows[m[2]] = true
	}
	return len(rows)
}
