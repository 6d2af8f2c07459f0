package recording_test

import (
	"strings"
	"testing"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

func TestTheLogIsPrintable(t *testing.T) {
	const stack = `"goroutine 7 [running]:\nmain.main()\n\t/src/main.go:7 +0x1\n"`
	tests := []struct {
		kind       lambdaenv.Kind
		text, want string
	}{
		{lambdaenv.Line, "a\tb \x1b[2J\u202edlrow\u2028\xff", `a  b \x1b[2J\u202edlrow\u2028` + "\ufffd"},
		{lambdaenv.Line, "one\ntwo", `one\x0atwo`},
		{recording.Called, "{\n  \"a\": [1,\n 2]\n}", `invokes the function with {"a":[1,2]}`},
		{lambdaenv.Line, `level=ERROR message="postinvoke: hook failed" hook=h panic="a stack=\"b\"" stack=` +
			stack + ` requestId=r`,
			`level=ERROR message="postinvoke: hook failed" hook=h panic="a stack=\"b\"" requestId=r` +
				"\n  goroutine 7 [running]:\n  main.main()\n    /src/main.go:7 +0x1"},
		{lambdaenv.Line, `{"message":"postinvoke: hook failed","panic":"p","stack":` + stack + `,"requestId":"r"}`,
			`{"message":"postinvoke: hook failed","panic":"p","requestId":"r"}` +
				"\n  goroutine 7 [running]:\n  main.main()\n    /src/main.go:7 +0x1"},
	}
	for _, test := range tests {
		got := moment(lambdaenv.Entry{Source: lambdaenv.Function, Kind: test.kind, Text: test.text}).Display
		if got != test.want {
			t.Errorf("got\n%s\nwant\n%s", got, test.want)
		}
	}
}

// moment is what a recorder makes of an entry.
func moment(e lambdaenv.Entry) *recording.Moment {
	r := recording.NewRecorder(recording.About{})
	r.Observe(e)
	return &r.Recording().Moments[0]
}

// A long event is whole where a reader has a way to see all of it.
func TestALongEvent(t *testing.T) {
	event := `"` + strings.Repeat("x", 998) + `"`
	m := moment(lambdaenv.Entry{Source: lambdaenv.Caller, Kind: recording.Called, Text: event})
	all := "invokes the function with " + event
	if m.Display != all || m.Long() != all || !m.IsCut() {
		t.Errorf("got %q and %q, want all of the event", m.Display, m.Long())
	}
	if got, want := m.Short(), all[:330]+"… (696 more characters)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLong(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	tests := []struct{ line, want string }{
		{"INIT_START Runtime Version: x\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:" + zeros,
			"INIT_START Runtime Version: x  Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:00000000…"},
		{`timestamp=2026-03-04T05:06:10.012Z level=INFO message="postinvoke: ready" mode=internal`,
			`level=INFO message="postinvoke: ready" mode=internal`},
		{"the hash is " + zeros, "the hash is " + zeros},
		{"timestamp=2026-03-04T05:06:10.012Z level=INFO message=mine",
			"timestamp=2026-03-04T05:06:10.012Z level=INFO message=mine"},
		{`{"runtimeVersionArn":"arn:aws:lambda:us-east-1::runtime:` + zeros + `"}`,
			`{"runtimeVersionArn":"arn:aws:lambda:us-east-1::runtime:` + zeros + `"}`},
	}
	for _, test := range tests {
		if got := moment(lambdaenv.Entry{Source: lambdaenv.Platform, Kind: lambdaenv.Line, Text: test.line}).
			Long(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
