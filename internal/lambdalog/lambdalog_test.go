package lambdalog_test

import (
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/internal/lambdalog"
)

var at = time.Date(2026, 11, 26, 1, 2, 3, 4e6, time.UTC)

const (
	failure = `{"timestamp":"2026-11-26T01:02:03Z","level":"ERROR","message":"it failed"}`
	wrapped = `{"time":"2026-11-26T01:02:03.004Z","level":"INFO","msg":"hello","requestId":"r"}`
)

func TestWhatIsStored(t *testing.T) {
	for name, test := range map[string]struct {
		json  bool
		level string
		line  string
		want  string // empty if the line is dropped
	}{
		"text, plain":                        {false, "", "hello", "hello"},
		"text, any level":                    {false, "FATAL", "hello", "hello"},
		"plain":                              {true, "", "hello", wrapped},
		"plain at DEBUG":                     {true, "DEBUG", "hello", wrapped},
		"plain above INFO":                   {true, "WARN", "hello", ""},
		"a panic of the Go runtime":          {true, "ERROR", "panic: out of ink", ""},
		"JSON, severe enough":                {true, "ERROR", failure, failure},
		"JSON, not severe enough":            {true, "FATAL", failure, ""},
		"JSON, level in lower case":          {true, "", `{"level":"debug","time":"2026-11-26T01:02:03Z"}`, ""},
		"JSON without a level":               {true, "", `{"id":7}`, `{"id":7}`},
		"JSON without a level, WARN":         {true, "WARN", `{"id":7}`, ""},
		"JSON, no time counts as INFO":       {true, "WARN", `{"level":"ERROR"}`, ""},
		"JSON, wrong time counts as INFO":    {true, "WARN", `{"level":"ERROR","timestamp":"yesterday"}`, ""},
		"JSON, unknown level counts as INFO": {true, "WARN", `{"level":"LOUD","time":"2026-11-26T01:02:03Z"}`, ""},
		"half an object":                     {true, "", `{"id":`, strings.Replace(wrapped, "hello", `{\"id\":`, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			got, kept := lambdalog.Settings{JSON: test.json, Level: test.level}.Event(test.line, at, "r")
			if got != test.want || kept != (test.want != "") {
				t.Errorf("got %q, %v, want %q", got, kept, test.want)
			}
		})
	}
}

func TestUnwrap(t *testing.T) {
	const more = `{"time":"2026-11-26T01:02:03Z","level":"INFO","msg":"hello","customer":"7"}`
	for event, want := range map[string][2]string{
		wrapped:            {"hello", "r"},
		"hello":            {"hello", ""},
		failure:            {failure, ""},
		`{"msg":"hello"}`:  {`{"msg":"hello"}`, ""},
		more:               {more, ""},
		wrapped + " twice": {wrapped + " twice", ""},
	} {
		if line, requestID := lambdalog.Unwrap(event); line != want[0] || requestID != want[1] {
			t.Errorf("%s: got %q, %q, want %q", event, line, requestID, want)
		}
	}
}

func TestPlatform(t *testing.T) {
	r := lambdalog.Platform(`{"type":"platform.report","record":{"requestId":"a","metrics":{"durationMs":3.5},` +
		`"spans":[{"name":"responseLatency","durationMs":1},{"name":"extensionOverhead","durationMs":2}]}}`)
	if r == nil || r.Kind != "report" || r.RequestID != "a" || r.Metrics.DurationMs != 3.5 {
		t.Fatalf("got %+v", r)
	}
	if span := r.AfterRuntime(); span == nil || span.DurationMs != 2 {
		t.Errorf("got the span %+v, want that of extensionOverhead", span)
	}
	for _, line := range []string{
		"hello", `{"type":"platform.start"}`, `{"type":"mine","record":{}}`, `{"message":"platform.start"}`,
		`{"type":"platform.report","record":7}`, failure,
	} {
		if r := lambdalog.Platform(line); r != nil {
			t.Errorf("%s: got %+v, want no record of the platform", line, r)
		}
	}
}

func TestShift(t *testing.T) {
	const line = `{"timestamp":"2026-11-26T01:02:03Z","other":"2026-13-26T01:02:03Z"}`
	const want = `{"timestamp":"2026-11-26T02:02:03.000Z","other":"2026-13-26T01:02:03Z"}`
	if got := lambdalog.Shift(line, time.Hour); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
