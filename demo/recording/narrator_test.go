package recording_test

import (
	"strings"
	"testing"

	"example.com/postinvoke/demo/recording"
)

func TestShortenSafely(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	tests := []struct{ line, want string }{
		{"INIT_START Runtime Version: x\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:" + zeros, "INIT_START Runtime Version: x\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:00000000…"},
		{`timestamp=2026-03-04T05:06:10.012Z level=INFO message="postinvoke: ready" mode=internal`, `level=INFO message="postinvoke: ready" mode=internal`},
		{"the hash is " + zeros, "the hash is " + zeros},
		{"timestamp=2026-03-04T05:06:10.012Z level=INFO message=mine", "timestamp=2026-03-04T05:06:10.012Z level=INFO message=mine"},
		{`{"runtimeVersionArn":"arn:aws:lambda:us-east-1::runtime:` + zeros + `"}`, `{"runtimeVersionArn":"arn:aws:lambda:us-east-1::runtime:` + zeros + `"}`},
	}
	for _, test := range tests {
		if got := recording.ShortenSafely(test.line); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
