package awsrun

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// Anybody may print anything into a log group. A line keeps its text, but for
// the spaces in a record of the platform, and only JSON is a record.
func FuzzLine(f *testing.F) {
	f.Add(`{"time":"2026-03-04T05:06:10.012Z","type":"platform.report","record":{"requestId":"a","metrics":{"durationMs":3.5}}}`)
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
