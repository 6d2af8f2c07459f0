package awsrun_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/demo/awsrun/awstest"
)

// Nothing waits for an address that cannot be reached, but a busy one is tried again.
func TestWhatIsAskedAgain(t *testing.T) {
	dial := func(err error) error {
		err = &url.Error{Op: "Post", URL: "https://x", Err: &net.OpError{Op: "dial", Err: err}}
		return fmt.Errorf("operation error: %w", err)
	}
	tests := []struct {
		err  error
		want bool
	}{
		{dial(syscall.ECONNREFUSED), false},
		{dial(&net.DNSError{Err: "no such host", IsNotFound: true}), false},
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
		"PostInvokeDemo": true, "a-1": true,
		"arn:aws:cloudformation:eu-west-1:123456789012:stack/Demo/5e0c1f2a-9d3b": true,
		"1st": false, "my_stack": false, "my stack": false, "arn:aws:s3:::bucket": false,
		strings.Repeat("x", 129): false,
	} {
		if got := awsrun.CheckStack(name) == nil; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// A run with any endpoint of its own is not called one on AWS.
func TestARunAtAnEndpointIsNotOnAWS(t *testing.T) {
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA", "profile"} {
		t.Run(name, func(t *testing.T) {
			awstest.Start(t, awstest.Config{})
			endpoint := os.Getenv("AWS_ENDPOINT_URL")
			cfg := awsrun.Config{Invocations: 1, NoWait: true, Event: []byte(event)}
			switch name {
			case "AWS_ENDPOINT_URL_LAMBDA":
				// All of them, as nothing here may send a request to AWS.
				t.Setenv("AWS_ENDPOINT_URL", "")
				for _, service := range []string{"LAMBDA", "CLOUDFORMATION", "CLOUDWATCH", "CLOUDWATCH_LOGS"} {
					t.Setenv("AWS_ENDPOINT_URL_"+service, endpoint)
				}
			case "profile":
				t.Setenv("AWS_ENDPOINT_URL", "")
				cfg.Profile = "local"
				// A profile that is named on the command line has its own credentials.
				profile := fmt.Sprintf("[profile local]\nendpoint_url = %s\nregion = eu-west-1\n"+
					"aws_access_key_id = %s\naws_secret_access_key = secret\n",
					endpoint, os.Getenv("AWS_ACCESS_KEY_ID"))
				if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(profile), 0o666); err != nil {
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

// The stack that infra makes, as its golden template has it, is one that can be
// run: what it outputs names its functions and log groups.
func TestOutputsOfTheDemoStack(t *testing.T) {
	b, err := os.ReadFile("../../infra/golden/PostInvokeDemo.template.json")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct{ Type string }
		Outputs   map[string]struct{ Value any }
	}
	if err := json.Unmarshal(b, &template); err != nil {
		t.Fatal(err)
	}
	outputs := map[string]string{}
	for name, o := range template.Outputs {
		outputs[name] = resolve(o.Value)
	}
	targets, err := awsrun.TargetsIn(outputs)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, target := range targets {
		names = append(names, target[0])
		if got := template.Resources[target[1]].Type; got != "AWS::Lambda::Function" {
			t.Errorf("%s: %s is a %q, want a function", target[0], target[1], got)
		}
		if got := template.Resources[target[2]].Type; got != "AWS::Logs::LogGroup" {
			t.Errorf("%s: %s is a %q, want a log group", target[0], target[2], got)
		}
	}
	if want := []string{"Arm64", "X86"}; !slices.Equal(names, want) {
		t.Errorf("got the functions %q, want %q", names, want)
	}
}

func TestOtherOutputsDoNotMatter(t *testing.T) {
	targets, err := awsrun.TargetsIn(map[string]string{
		"InvokeURL": "https://example.com", "LogsBucket": "b",
		"InvokeMine": "aws lambda invoke --function-name mine /dev/stdout",
		"LogsMine":   "aws logs tail --follow log-of-mine",
	})
	if want := [][3]string{{"Mine", "mine", "log-of-mine"}}; err != nil || !slices.Equal(targets, want) {
		t.Errorf("got %v, %v, want %v", targets, err, want)
	}
}

// Any stack may have that name. What is taken for a target names a function and
// a log group, in words of the outputs.
func FuzzTargetsIn(f *testing.F) {
	f.Add("InvokeMine", "invoke --function-name mine /dev/stdout", "LogsMine", "aws logs tail --follow log-of-mine")
	f.Add("Invoke", "--function-name", "Logs", " ")
	f.Fuzz(func(t *testing.T, key, command, logKey, log string) {
		targets, err := awsrun.TargetsIn(map[string]string{key: command, logKey: log})
		if (len(targets) == 0) != (err != nil) {
			t.Fatalf("got %q and %v, want one of them", targets, err)
		}
		for _, target := range targets {
			if !strings.Contains(command, target[1]) || !strings.Contains(log, target[2]) {
				t.Errorf("got %q from %q and %q", target, command, log)
			}
		}
	})
}

// resolve is the value of an output when each resource is called as in the
// template.
func resolve(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case map[string]any:
		if ref, ok := v["Ref"].(string); ok {
			return ref
		}
		if join, ok := v["Fn::Join"].([]any); ok && len(join) == 2 {
			var b strings.Builder
			for _, part := range join[1].([]any) {
				b.WriteString(resolve(part))
			}
			return b.String()
		}
	}
	return ""
}
