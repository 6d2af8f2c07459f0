package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"testing"
	"time"

	"example.com/postinvoke/record"
)

// newTestLog returns the log of an environment with these settings.
func newTestLog(t *testing.T, out io.Writer, format, level string) *log {
	t.Setenv("AWS_LAMBDA_LOG_FORMAT", format)
	t.Setenv("AWS_LAMBDA_LOG_LEVEL", level)
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")
	return newLog(out)
}

func TestJSONRecordsAreJSON(t *testing.T) {
	const nasty = "a \"quote\", a \\, a \x00, a \n, a \x7f, no UTF-8: \xff, é, 😀 </script>"
	var out bytes.Buffer
	l := newTestLog(t, &out, "JSON", "")
	l.write(levelWarn, record.Environment, field{"text", nasty}, field{"count", uint64(3)}, field{"ms",
		1500 * time.Microsecond})

	if n := bytes.Count(out.Bytes(), []byte("\n")); n != 1 {
		t.Errorf("got %d lines, want 1: %q", n, out.String())
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	if _, err := time.Parse(time.RFC3339, got["timestamp"].(string)); err != nil {
		t.Error(err)
	}
	delete(got, "timestamp")
	want := map[string]any{
		"level": "WARN", "message": record.Environment, record.Function: "orders", "count": 3.0, "ms": 1.5,
		"text": "a \"quote\", a \\, a \x00, a \n, a \x7f, no UTF-8: \ufffd, é, 😀 </script>",
	}
	for k := range want {
		if got[k] != want[k] {
			t.Errorf("%s: got %q, want %q", k, got[k], want[k])
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The function's records are written by slog: the two must look alike.
func TestTextRecordsLookLikeSlogs(t *testing.T) {
	for _, value := range []string{"spindown", "", "two words", `"`, "a=b", "é", "\n", "x\xff"} {
		var ours, theirs bytes.Buffer
		newTestLog(t, &ours, "Text", "").write(levelInfo, record.Environment, field{record.Reason, value},
			field{record.Invocations, uint64(2)}, field{record.AwakeMs, 1500 * time.Microsecond})
		slog.New(slog.NewTextHandler(&theirs, nil)).Info(record.Environment, record.Reason, value,
			record.Invocations, 2,
			record.AwakeMs, 1.5)

		_, got, _ := bytes.Cut(ours.Bytes(), []byte(" reason="))
		_, want, _ := bytes.Cut(theirs.Bytes(), []byte(" reason="))
		if !bytes.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTheLogLevelIsRespected(t *testing.T) {
	tests := []struct {
		level string
		want  int // lines of one INFO, one WARN, one ERROR
	}{{"", 3}, {"TRACE", 3}, {"DEBUG", 3}, {"INFO", 3}, {"WARN", 2}, {"ERROR", 1}, {"FATAL", 1}}
	for _, test := range tests {
		var out bytes.Buffer
		l := newTestLog(t, &out, "JSON", test.level)
		l.write(levelInfo, "")
		l.write(levelWarn, "")
		l.problem("")
		if got := bytes.Count(out.Bytes(), []byte("\n")); got != test.want {
			t.Errorf("level %q: got %d lines, want %d", test.level, got, test.want)
		}
	}
}
