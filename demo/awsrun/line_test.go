package awsrun

import (
	"testing"
	"time"

	"example.com/postinvoke/internal/lambdalog"
	"example.com/postinvoke/lambdaenv"
)

// The log is one for all of an environment: who wrote a line is told by what it
// says.
func TestWhoWroteALine(t *testing.T) {
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
	event, _ := lambdalog.Settings{JSON: true}.Event(lastLineOfFirstHook, at, "a")
	l := newLine("id", "stream", at, event)
	if !l.is(lastLineOfFirstHook) || l.text != lastLineOfFirstHook || l.requestID != "a" || l.source != lambdaenv.Function {
		t.Errorf("%s: got the text %q of invocation %q by %s", event, l.text, l.requestID, l.source)
	}
}
