package printer

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.com/postinvoke/demo/demotest"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// replay records a run whose times are known.
func replay(rec *recording.Recorder) {
	const id = "5e0c1f2a-9d3b-4c47-8a55-0d9f6b1e7c21"
	began := rec.Recording().Began
	at := func(since time.Duration, source lambdaenv.Source, kind lambdaenv.Kind, text string) lambdaenv.Entry {
		return lambdaenv.Entry{Time: began.Add(since), Source: source, Kind: kind, RequestID: id, Text: text}
	}
	const ms = time.Millisecond
	for _, e := range []lambdaenv.Entry{
		at(0, lambdaenv.Platform, lambdaenv.InitStarted, "init"),
		at(0, lambdaenv.Platform, lambdaenv.Line, "INIT_START Runtime Version: provided:al2023.v111\tRuntime "+
			"Version ARN: arn:aws:lambda:us-east-1::runtime:"+strings.Repeat("0", 64)),
		at(8*ms, lambdaenv.Function, lambdaenv.Line,
			`timestamp=2026-03-04T05:06:07.008Z level=INFO message="postinvoke: ready" mode=internal layer=true`),
		at(9*ms, lambdaenv.Platform, lambdaenv.Line, "EXTENSION\tName: postinvoke\tState: Ready\tEvents: [SHUTDOWN]"),
		at(9*ms, lambdaenv.Platform, lambdaenv.Frozen, "the processes are stopped"),
		at(10*ms, lambdaenv.Caller, recording.Called, `{"hello":"world"}`),
		at(10*ms, lambdaenv.Platform, lambdaenv.Thawed, "the processes continue"),
		at(10*ms, lambdaenv.Platform, lambdaenv.Line, "START RequestId: "+id+" Version: $LATEST"),
		at(11*ms, lambdaenv.Function, lambdaenv.Line, `{"hello":"world"}`),
		at(12*ms, lambdaenv.Caller, lambdaenv.Responded, ""),
		at(12*ms, lambdaenv.Function, lambdaenv.Line, "second on stack"),
	} {
		rec.Observe(e)
	}
	response := &lambdaenv.Response{RequestID: id, Payload: []byte(`{"hello":"world"}`),
		Latency: 1900 * time.Microsecond}
	rec.Answer(response)
	for _, e := range []lambdaenv.Entry{
		at(3012*ms, lambdaenv.Function, lambdaenv.Line, "second on complete"),
		at(3012*ms, lambdaenv.Function, lambdaenv.Line, "first on stack"),
		at(3012*ms, lambdaenv.Function, lambdaenv.Line,
			`timestamp=2026-03-04T05:06:10.012Z level=INFO message="postinvoke: hooks finished" outcome=ok `+
				`handlerMs=0.1 responseMs=1.8 hooks=2 hooksMs=3000.4 failures=0 abandoned=0 coldStart=true `+
				`function=function requestId=`+id),
		at(3013*ms, lambdaenv.Platform, lambdaenv.Idle, "function and extensions have requested the next event"),
		at(3013*ms, lambdaenv.Platform, lambdaenv.Line, "END RequestId: "+id),
		at(3013*ms, lambdaenv.Platform, lambdaenv.Line,
			"REPORT RequestId: "+id+"\tDuration: 3003.21 ms\tBilled Duration: 3013 ms\tMemory Size: 512 MB\tMax "+
				"Memory Used: 15 MB\tInit Duration: 9.10 ms\t"),
		at(3014*ms, lambdaenv.Platform, lambdaenv.Frozen, "the processes are stopped"),
	} {
		rec.Observe(e)
	}
	rec.Invoked(response, &lambdaenv.Report{RequestID: id, Status: "success", Duration: 3003210 * time.Microsecond,
		Billed: 3013 * ms, Init: 9 * ms})
	const later = 6*time.Minute + 5*time.Second
	for _, e := range []lambdaenv.Entry{
		at(later, lambdaenv.Platform, lambdaenv.ShutdownBegan, "spindown"),
		at(later, lambdaenv.Platform, lambdaenv.Thawed, "the processes continue"),
		at(later, lambdaenv.Function, lambdaenv.Signaled, "SIGTERM"),
		at(later+1*ms, lambdaenv.Function, lambdaenv.Line, "bye y'all!"),
		at(later+2*ms, lambdaenv.Function, lambdaenv.Exited, "exit status 0"),
		at(later+3*ms, lambdaenv.Platform, lambdaenv.ShutdownDone, "nothing is left"),
	} {
		rec.Observe(e)
	}
	rec.Ended(&lambdaenv.ShutdownReport{Reason: "spindown", Took: 3 * ms})
}

func TestText(t *testing.T) {
	about := recording.About{
		Intro: []string{"Running a test on this machine."},
		Began: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
	}
	for _, width := range []int{0, 60, 80, 100, 160, 240} {
		for _, colours := range []bool{false, true} {
			if colours && width != 160 {
				continue
			}
			name := fmt.Sprintf("width-%d.txt", width)
			if colours {
				name = "colours.txt"
			}
			t.Run(name, func(t *testing.T) {
				var b bytes.Buffer
				replay(recording.NewRecorder(about, newText(&b, width, colours)))
				demotest.Golden(t, name, b.String())
				for line := range strings.Lines(b.String()) {
					line = strings.TrimSuffix(line, "\n")
					if n := utf8.RuneCountInString(line); width > 0 && n > width && !colours {
						t.Errorf("%d columns: %q", n, line)
					}
					if strings.TrimRight(line, " ") != line {
						t.Errorf("ends with a space: %q", line)
					}
				}
			})
		}
	}
}

func TestColoursAreForTerminals(t *testing.T) {
	if wantsColour(&bytes.Buffer{}) || Width(&bytes.Buffer{}) != 0 {
		t.Error("a buffer passes for a terminal")
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		s     string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two three", 0, []string{"one two three"}},
		{"one two three", 13, []string{"one two three"}},
		{"one two three", 12, []string{"one two", "three"}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one  two", 4, []string{"one", "two"}},
		{"abcdefgh", 3, []string{"abc", "def", "gh"}},
		{"äöü äöü", 3, []string{"äöü", "äöü"}},
		{`{"a":1} ` + strings.Repeat("x", 12), 8, []string{`{"a":1}`, "xxxxxxxx", "xxxx"}},
	}
	for _, test := range tests {
		got := Wrap(test.s, test.width)
		if strings.Join(got, "|") != strings.Join(test.want, "|") {
			t.Errorf("Wrap(%q, %d): got %q, want %q", test.s, test.width, got, test.want)
		}
	}
}
