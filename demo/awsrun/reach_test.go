package awsrun_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
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
	r := execute(t.Context(), awsrun.Config{})
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

// Whatever names an endpoint, the run is not called one on AWS.
func TestARunAtAnEndpointIsNotOnAWS(t *testing.T) {
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA", "profile"} {
		t.Run(name, func(t *testing.T) {
			awstest.Start(t, awstest.Config{})
			endpoint := os.Getenv("AWS_ENDPOINT_URL")
			cfg := awsrun.Config{Invocations: 1, NoWait: true, Event: []byte(event)}
			switch name {
			case "AWS_ENDPOINT_URL_LAMBDA":
				// All of them, as nothing here may ask AWS.
				t.Setenv("AWS_ENDPOINT_URL", "")
				for _, service := range []string{"LAMBDA", "CLOUDFORMATION", "CLOUDWATCH", "CLOUDWATCH_LOGS"} {
					t.Setenv("AWS_ENDPOINT_URL_"+service, endpoint)
				}
			case "profile":
				t.Setenv("AWS_ENDPOINT_URL", "")
				cfg.Profile = "local"
				profile := "[profile local]\nendpoint_url = " + endpoint + "\nregion = eu-west-1\n"
				if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(profile), 0o666); err != nil {
					t.Fatal(err)
				}
				// A profile that is named on the command line has its own credentials.
				credentials := fmt.Sprintf("[local]\naws_access_key_id = %s\naws_secret_access_key = secret\n", os.Getenv("AWS_ACCESS_KEY_ID"))
				if err := os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), []byte(credentials), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			r := execute(t.Context(), cfg)
			r.succeeded(t)
			rec := r.recordings[0]
			if want := "at " + endpoint + " instead of AWS, in eu-west-1"; rec.Place != want {
				t.Errorf("place: got %q, want %q", rec.Place, want)
			}
			intro := strings.Join(rec.Intro, "\n")
			if !strings.Contains(intro, endpoint) || strings.Contains(intro, "on AWS") {
				t.Errorf("introduction: got %q, want %s in it, and not that it is on AWS", intro, endpoint)
			}
		})
	}
}
