package awsrun_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/demo/awsrun/awstest"
)

func TestNobodyAtTheEndpoint(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	awstest.Start(t, awstest.Config{})
	endpoint := "http://" + l.Addr().String()
	t.Setenv("AWS_ENDPOINT_URL", endpoint)
	r := perform(t.Context(), awsrun.Config{})
	want := "cloudformation:DescribeStacks got no answer from " + endpoint +
		", which AWS_ENDPOINT_URL or the profile names: does it run there? Without that it would be AWS (connection refused)"
	if r.err == nil || r.err.Error() != want {
		t.Errorf("got  %v\nwant %s", r.err, want)
	}
}

// Nobody waits for what cannot be reached, but what is only busy is asked again.
func TestWhatIsAskedAgain(t *testing.T) {
	dial := func(err error) error {
		return fmt.Errorf("operation error: %w", &url.Error{Op: "Post", URL: "https://x", Err: &net.OpError{Op: "dial", Err: err}})
	}
	tests := []struct {
		err  error
		want bool
	}{
		{dial(syscall.ECONNREFUSED), false},
		{dial(&net.DNSError{Err: "no such host", Name: "cloudformation.eu-wst-1.amazonaws.com", IsNotFound: true}), false},
		{dial(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), true},
		{dial(syscall.ECONNRESET), true},
		{errors.New("something else"), false},
	}
	for _, test := range tests {
		if got := awsrun.FirstIsRetried(test.err); got != test.want {
			t.Errorf("%v: got %v, want %v", test.err, got, test.want)
		}
	}
}

func TestNamesOfStacks(t *testing.T) {
	for name, want := range map[string]bool{
		"PostInvokeDemo": true, "a-1": true, "arn:aws:cloudformation:eu-west-1:123456789012:stack/Demo/5e0c1f2a-9d3b": true,
		"1st": false, "my_stack": false, "my stack": false, "arn:aws:s3:::bucket": false, strings.Repeat("x", 129): false,
	} {
		if got := awsrun.CheckStack(name) == nil; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
