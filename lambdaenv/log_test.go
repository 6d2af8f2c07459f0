package lambdaenv_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

func TestPlatformLinesInText(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{
		Function:   function(t),
		Extensions: []string{extension(t, "ext")},
		Env:        []string{script{Events: both}.variable("ext")},
		MemoryMB:   256,
	})
	first := env.Invoke(`{}`).RequestID
	env.WaitIdle()
	second := env.Invoke(`{}`).RequestID
	env.WaitIdle()
	const measured = `\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\t` +
		`Memory Size: 256 MB\tMax Memory Used: [1-9]\d* MB\t`
	want := []string{
		`^INIT_START Runtime Version: provided:al2023\.v\d+\t` +
			`Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$`,
		`^EXTENSION\tName: ext\tState: Ready\tEvents: \[INVOKE,SHUTDOWN\]$`,
		`^START RequestId: ` + first + ` Version: \$LATEST$`,
		`^END RequestId: ` + first + `$`,
		`^REPORT RequestId: ` + first + measured + `Init Duration: \d+\.\d\d ms\t$`,
		`^START RequestId: ` + second + ` Version: \$LATEST$`,
		`^END RequestId: ` + second + `$`,
		`^REPORT RequestId: ` + second + measured + `$`,
	}
	var got []string
	for _, e := range env.Entries() {
		if e.Source == lambdaenv.Platform && e.Kind == lambdaenv.Line {
			got = append(got, e.Text)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("got %q, want %d lines", got, len(want))
	}
	for i, pattern := range want {
		if !regexp.MustCompile(pattern).MatchString(got[i]) {
			t.Errorf("got %q, want %s", got[i], pattern)
		}
	}
}

// A record is a line of the platform in JSON.
type record struct {
	Time   string
	Type   string
	Record struct {
		RequestID          string
		Version            string
		Name               string
		State              string
		Events             []string
		InitializationType string
		Phase              string
		RuntimeVersion     string
		Status             string
		ErrorType          string
		Metrics            map[string]float64
		Spans              []struct {
			Name       string
			Start      string
			DurationMs float64
		}
	}
}

func records(t *testing.T, env *lambdaenvtest.Env) []record {
	t.Helper()
	var rs []record
	for _, e := range env.Entries() {
		if e.Source != lambdaenv.Platform || e.Kind != lambdaenv.Line {
			continue
		}
		var r record
		if err := json.Unmarshal([]byte(e.Text), &r); err != nil {
			t.Fatalf("line %q: %v", e.Text, err)
		}
		if _, err := time.Parse("2006-01-02T15:04:05.000Z", r.Time); err != nil {
			t.Errorf("line %q: %v", e.Text, err)
		}
		rs = append(rs, r)
	}
	return rs
}

func TestPlatformRecordsByLevel(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		level string
		want  []string
	}{
		{"DEBUG", []string{
			"initStart", "extension", "initRuntimeDone success", "initReport success",
			"start", "runtimeDone success", "report success",
			"start", "runtimeDone error", "report error",
			"start", "runtimeDone error", "report error",
		}},
		{"INFO", []string{
			"initStart", "extension", "start", "report success",
			"start", "runtimeDone error", "report error",
			"start", "runtimeDone error", "report error",
		}},
		{"WARN", []string{"runtimeDone error", "report error", "runtimeDone error", "report error"}},
	} {
		t.Run(tt.level, func(t *testing.T) {
			env := lambdaenvtest.Start(t, lambdaenv.Config{
				Function:       function(t),
				Extensions:     []string{extension(t, "ext")},
				Env:            []string{script{Events: both}.variable("ext")},
				LogFormat:      lambdaenv.JSON,
				SystemLogLevel: tt.level,
			})
			for _, event := range []string{`{}`, `{"Fail": "no such order"}`, `{"Exit": 1}`} {
				env.Invoke(event)
				env.WaitIdle()
			}
			var got []string
			for _, r := range records(t, env) {
				got = append(got, strings.TrimSpace(strings.TrimPrefix(r.Type, "platform.")+" "+r.Record.Status))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPlatformRecords(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{
		Function:       function(t),
		Extensions:     []string{extension(t, "ext")},
		Env:            []string{script{Events: both}.variable("ext")},
		LogFormat:      lambdaenv.JSON,
		SystemLogLevel: "DEBUG",
	})
	response := env.Invoke(`{}`)
	report := env.WaitIdle()
	byType := map[string]record{}
	for _, r := range records(t, env) {
		byType[strings.TrimPrefix(r.Type, "platform.")] = r
	}
	if r := byType["initStart"].Record; r.InitializationType != "on-demand" || r.Phase != "init" ||
		r.RuntimeVersion == "" {
		t.Errorf("got initStart %+v", r)
	}
	if r := byType["extension"].Record; r.Name != "ext" || r.State != "Ready" || !slices.Equal(r.Events, both) {
		t.Errorf("got extension %+v", r)
	}
	if r := byType["initReport"].Record; r.Status != "success" || r.Metrics["durationMs"] <= 0 {
		t.Errorf("got initReport %+v", r)
	}
	if r := byType["start"].Record; r.RequestID != response.RequestID || r.Version != "$LATEST" {
		t.Errorf("got start %+v", r)
	}

	r := byType["runtimeDone"].Record
	if got, want := r.Metrics["producedBytes"], float64(len(response.Payload)); r.RequestID != response.RequestID ||
		got != want {
		t.Errorf("got runtimeDone %+v, want %v bytes of %s", r, want, response.RequestID)
	}
	var names []string
	sum := 0.0
	for _, s := range r.Spans {
		names = append(names, s.Name)
		sum += s.DurationMs
	}
	if want := []string{"responseLatency", "responseDuration", "runtimeOverhead"}; !slices.Equal(names, want) {
		t.Errorf("got spans %q, want %q", names, want)
	}
	if total := r.Metrics["durationMs"]; sum < total-0.01 || sum > total+0.01 {
		t.Errorf("got spans of %v ms, want them to add up to %v", sum, total)
	}

	r = byType["report"].Record
	if r.Metrics["durationMs"] != float64(report.Duration.Round(time.Microsecond))/1e6 ||
		r.Metrics["billedDurationMs"] != float64(report.Billed.Milliseconds()) ||
		r.Metrics["initDurationMs"] != float64(report.Init.Round(time.Microsecond))/1e6 ||
		r.Metrics["memorySizeMB"] != 512 || r.Metrics["maxMemoryUsedMB"] != float64(report.MaxMemoryMB) {
		t.Errorf("got report %+v, want %+v", r, report)
	}
	if len(r.Spans) != 1 || r.Spans[0].Name != "extensionOverhead" {
		t.Errorf("got spans %+v, want extensionOverhead", r.Spans)
	}
	if report.Billed != (report.Init + report.Duration + time.Millisecond - 1).Truncate(time.Millisecond) {
		t.Errorf("got %v billed, want %v and %v rounded up", report.Billed, report.Init, report.Duration)
	}
}

func TestTimeoutAndCrashRecords(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, expireAt(t, lambdaenv.Config{
		Function:  function(t),
		LogFormat: lambdaenv.JSON,
	}, "hanging"))
	env.Invoke(`{"Hang": true}`)
	env.WaitIdle()
	env.Invoke(`{"Exit": 2}`)
	env.WaitIdle()
	var got []string
	for _, r := range records(t, env) {
		if r.Type == "platform.report" || r.Type == "platform.runtimeDone" {
			got = append(got, strings.TrimSpace(fmt.Sprint(r.Type, " ", r.Record.Status, " ", r.Record.ErrorType)))
		}
	}
	if want := []string{
		"platform.runtimeDone timeout", "platform.report timeout",
		"platform.runtimeDone error Runtime.ExitError", "platform.report error Runtime.ExitError",
	}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What a process printed before it made a call comes before what the call
// brings about, however much it is.
func TestOutputComesBeforeWhatFollowsIt(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})
	var many []string
	for i := range 500 {
		many = append(many, fmt.Sprintf("line %03d %s", i, strings.Repeat("x", 100)))
	}
	for range 5 {
		n := len(env.Entries())
		env.Invoke(event{"Print": many, "After": event{"Print": []string{"last words"}}}.String())
		env.WaitIdle()
		entries := env.Entries()[n:]
		var got []string
		for _, e := range entries {
			if e.Source == lambdaenv.Function && e.Kind == lambdaenv.Line {
				got = append(got, e.Text)
			}
		}
		if !slices.Equal(got, append(slices.Clone(many), "last words")) {
			t.Fatalf("got %d lines, want %d in order", len(got), len(many)+1)
		}
		wantSequence(t, sequence(entries, "line 000", "line 499", "last words"),
			"thawed", "invoked", many[0], many[499], "responded", "last words", "runtime-done", "idle", "frozen")
	}
}

// A process that prints faster than its lines are read, and that no signal to the
// function reaches, keeps nothing waiting.
func TestOutputWithoutEnd(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("x", 100)
	flooded := make(chan struct{}, 1)
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t), Forget: true, Observe: func(e lambdaenv.Entry) {
		if e.Text == line {
			sha256.Sum256(make([]byte, 160<<10)) // takes longer than to fill the pipe again
			select {
			case flooded <- struct{}{}:
			default:
			}
		}
	}})
	env.Invoke(event{"Flood": line}.String())
	<-flooded
	env.WaitIdle()
	env.Shutdown()
}

func TestLinesOfProcesses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 256<<10) // more than a pipe takes at once
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})
	id := env.Invoke(event{"Print": []string{"", "one\ntwo\r", long}, "Write": "no end of line",
		"Exit": 0}.String()).RequestID
	env.WaitIdle()
	var got []string
	for _, e := range env.Entries() {
		if e.Source == lambdaenv.Function && e.Kind == lambdaenv.Line {
			if e.RequestID != id {
				t.Errorf("got %.20q of invocation %q, want %s", e.Text, e.RequestID, id)
			}
			got = append(got, e.Text)
		}
	}
	if want := []string{"one", "two", long, "no end of line"}; !slices.Equal(got, want) {
		t.Errorf("got %.200q, want %.200q", got, want)
	}
	for i, e := range env.Entries()[1:] {
		if e.Time.Before(env.Entries()[i].Time) {
			t.Errorf("entry %+v is earlier than the one before it", e)
		}
	}
}

// As on Lambda: a line without a level counts as INFO, and in text nothing is
// filtered.
func TestApplicationLogLevel(t *testing.T) {
	t.Parallel()
	const record = `{"level":"WARN","timestamp":"2026-11-26T01:02:03Z","message":"careful"}`
	for _, test := range []struct {
		format lambdaenv.LogFormat
		level  string
		want   []string
	}{
		{lambdaenv.JSON, "", []string{"hello", record}},
		{lambdaenv.JSON, "WARN", []string{record}},
		{lambdaenv.JSON, "ERROR", nil},
		{lambdaenv.Text, "ERROR", []string{"hello", record}},
	} {
		env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t), LogFormat: test.format,
			ApplicationLogLevel: test.level})
		env.Invoke(event{"Print": []string{"hello", record}}.String())
		env.WaitIdle()
		var got []string
		for _, e := range env.Entries() {
			if e.Source == lambdaenv.Function && e.Kind == lambdaenv.Line {
				got = append(got, e.Text)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s at %q: got %q, want %q", test.format, test.level, got, test.want)
		}
	}
}

func TestForgotten(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t), Forget: true})
	env.Invoke(`{"Print": ["hello"]}`)
	env.WaitIdle()
	if !slices.Contains(env.Lines(), "hello") {
		t.Errorf("got %q by Observe, want what was printed", env.Lines())
	}
	if got := env.Environment.Entries(); len(got) > 0 {
		t.Errorf("got %d entries that the environment has kept, want none", len(got))
	}
}
