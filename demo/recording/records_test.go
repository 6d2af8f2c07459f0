package recording_test

import (
	"reflect"
	"testing"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

func TestParseRecord(t *testing.T) {
	const id = "5e0c1f2a-9d3b-4c47-8a55-0d9f6b1e7c21"
	ms := 3000.4
	want := &recording.Hooks{Count: 2, Failures: 1, Ms: &ms, AfterResponse: true}
	for _, line := range []string{
		`timestamp=2026-03-04T05:06:10.012Z level=INFO message="postinvoke: hooks finished" outcome=ok x="a \"b\" = ` +
			`c" responseMs=2 hooks=2 hooksMs=3000.4 failures=1 abandoned=0 requestId=` + id,
		`time=2026-03-04T05:06:10.012Z level=INFO msg="postinvoke: hooks finished" responseMs=2 hooks=2 ` +
			`hooksMs=3000.4 failures=1 requestId=` + id,
		`{"timestamp":"2026-03-04T05:06:10.012Z","level":"INFO","message":"postinvoke: hooks ` +
			`finished","responseMs":2,"hooks":2,"hooksMs":3000.4,"failures":1,"coldStart":true,"requestId":"` + id +
			`"}`,
	} {
		got := recording.HooksIn(lambdaenv.Entry{Source: lambdaenv.Function, Kind: lambdaenv.Line, Text: line})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", line, got, want)
		}
	}
	for _, ms := range []string{"NaN", "Inf", "-5", "1e300"} {
		line := `message="postinvoke: hooks finished" hooks=-1 hooksMs=` + ms
		got := recording.HooksIn(lambdaenv.Entry{Source: lambdaenv.Function, Kind: lambdaenv.Line, Text: line})
		if zero := 0.0; !reflect.DeepEqual(got, &recording.Hooks{Ms: &zero}) {
			t.Errorf("%s: got %+v, want zeros for what nobody measured", line, got)
		}
	}
	for _, line := range []string{"", "hello", "postinvoke: hooks finished",
		`{"message":"postinvoke: hooks finished"`, `message=postinvoke: hooks finished`} {
		if got := recording.HooksIn(lambdaenv.Entry{Source: lambdaenv.Function, Kind: lambdaenv.Line,
			Text: line}); got != nil {
			t.Errorf("%q: got %+v, want nothing", line, got)
		}
	}
}
