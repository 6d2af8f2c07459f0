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

// A terminal has the beginnings of long events and of ids.
func TestShort(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	for _, test := range []struct {
		source               lambdaenv.Source
		kind                 lambdaenv.Kind
		text, display, short string
	}{
		{lambdaenv.Caller, recording.Called, zeros + "-", "invokes the function with " + zeros + "-",
			"invokes the function with " + zeros[:44] + "… (21 more characters)"},
		{lambdaenv.Platform, lambdaenv.Line, "ARN: arn:aws:lambda:us-east-1::runtime:" + zeros,
			"ARN: arn:aws:lambda:us-east-1::runtime:" + zeros, "ARN: arn:aws:lambda:us-east-1::runtime:00000000…"},
		{lambdaenv.Function, lambdaenv.Line, "timestamp=2026-03-04T05:06:10.012Z level=INFO message=mine",
			"level=INFO message=mine", "level=INFO message=mine"},
	} {
		m := moment(lambdaenv.Entry{Source: test.source, Kind: test.kind, Text: test.text})
		if got := m.Short(70); m.Display != test.display || got != test.short {
			t.Errorf("got %q, and in short %q; want %q, and %q", m.Display, got, test.display, test.short)
		}
	}
}
