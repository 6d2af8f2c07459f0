package awsrun

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/internal/lambdalog"
	"example.com/postinvoke/lambdaenv"
)

// The log is one for all of an environment: the source of a line follows from
// its text.
func TestSourceOfALine(t *testing.T) {
	for message, want := range map[string]lambdaenv.Source{
		`hello`:           lambdaenv.Function,
		`{"id":7}`:        lambdaenv.Function,
		`{"type":"mine"}`: lambdaenv.Function,
		`{"type":"platform.start","record":{"requestId":"a"}}`:                         lambdaenv.Platform,
		`{"message":"postinvoke: hooks finished","hooks":2}`:                           lambdaenv.Function,
		`{"message":"postinvoke: environment shut down","reason":"spindown"}`:          lambdaenv.Extension,
		`{"message":"postinvoke: hooks lost","requestId":"a"}`:                         lambdaenv.Extension,
		`{"message":"postinvoke: stopped waiting for hooks","requestId":"a"}`:          lambdaenv.Function,
		`{"message":"postinvoke: extension problem","reason":"it refused event/next"}`: lambdaenv.Extension,
	} {
		if got := newLine("id", "stream", time.Time{}, message).source; got != want {
			t.Errorf("%s: got the source %q, want %q", message, got, want)
		}
	}
}

// On AWS a plain line arrives in a record that Lambda made of it, with the
// invocation during which it was printed. A reader sees what was printed.
func TestPlainLinesAreUnwrapped(t *testing.T) {
	at := time.Date(2026, 11, 26, 1, 2, 3, 0, time.UTC)
	event, _ := lambdalog.Settings{JSON: true}.Event(lineOfExample, at, "a")
	l := newLine("id", "stream", at, event)
	if l.text != lineOfExample || l.requestID != "a" || l.source != lambdaenv.Function {
		t.Errorf("%s: got the text %q of invocation %q by %s", event, l.text, l.requestID, l.source)
	}
}

// Anybody may print anything into a log group. A line keeps its text, except for
// the spaces in a record of the platform, and only JSON is a record.
func FuzzLine(f *testing.F) {
	f.Add(`{"type":"platform.report","record":{"requestId":"a","metrics":{"durationMs":3.5}}}`)
	f.Add(`{"message":"postinvoke: environment shut down","reason":7,"requestId":{"a":1}}`)
	f.Add("hello\r\n")
	f.Fuzz(func(t *testing.T, message string) {
		l := newLine("id", "stream", time.Time{}, message)
		e := l.entry("r")
		l.rank()
		if !json.Valid([]byte(l.text)) && (l.source != lambdaenv.Function || l.platform.Kind != "" || l.message != "") {
			t.Errorf("%q is taken for a record: %+v", message, l)
		}
		if l.source != lambdaenv.Platform && e.Text != strings.TrimRight(message, "\r\n") {
			t.Errorf("got text %q, want that of %q", e.Text, message)
		}
	})
}
