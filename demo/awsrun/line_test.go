package awsrun

import (
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// The log is one for all of an environment: who wrote a line is told by what it
// says. Without the layer the library writes what the extension would.
func TestWhoWroteALine(t *testing.T) {
	for message, want := range map[string]lambdaenv.Source{
		`hello`:           lambdaenv.Function,
		`{"id":7}`:        lambdaenv.Function,
		`{"type":"mine"}`: lambdaenv.Function,
		`{"type":"platform.start","record":{"requestId":"a"}}`:                                           lambdaenv.Platform,
		`{"message":"postinvoke: hooks finished","mode":"internal"}`:                                     lambdaenv.Function,
		`{"message":"postinvoke: environment shut down","reason":"spindown"}`:                            lambdaenv.Extension,
		`{"message":"postinvoke: stopped waiting for hooks","requestId":"a"}`:                            lambdaenv.Extension,
		`{"message":"postinvoke: stopped waiting for hooks","requestId":"a","mode":"internal"}`:          lambdaenv.Function,
		`{"message":"postinvoke: extension problem","reason":"it refused event/next"}`:                   lambdaenv.Extension,
		`{"message":"postinvoke: extension problem","reason":"it refused event/next","mode":"internal"}`: lambdaenv.Function,
	} {
		if got := newLine("id", "stream", time.Time{}, message).source; got != want {
			t.Errorf("%s: got the source %q, want %q", message, got, want)
		}
	}
}
