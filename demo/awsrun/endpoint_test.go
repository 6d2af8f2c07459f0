package awsrun_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/demo/awsrun"
)

// A run with any endpoint of its own is not called one on AWS.
func TestARunAtAnEndpointIsNotOnAWS(t *testing.T) {
	for _, name := range []string{"AWS_ENDPOINT_URL_LAMBDA", "profile"} {
		t.Run(name, func(t *testing.T) {
			startAccount(t, accountConfig{})
			endpoint := os.Getenv("AWS_ENDPOINT_URL")
			shown := endpoint
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
				shown = strings.Replace(endpoint, "//", "//user:xxxxx@", 1) // the report is passed on
				endpoint = strings.Replace(endpoint, "//", "//user:secret@", 1)
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
			if want := "at " + shown + " instead of AWS, in eu-west-1"; rec.Place != want {
				t.Errorf("place: got %q, want %q", rec.Place, want)
			}
			intro := strings.Join(rec.Intro, "\n")
			if !strings.Contains(intro, shown) || strings.Contains(intro, "on AWS") {
				t.Errorf("introduction: got %q, want %s in it, and not that it is on AWS", intro, shown)
			}
		})
	}
}

// Its text is not shown: it may have a password.
func TestAnEndpointThatIsNoURL(t *testing.T) {
	startAccount(t, accountConfig{})
	for _, endpoint := range []string{"localhost:4566", "127.0.0.1:4566", "http://user:secret%zz@localhost"} {
		t.Setenv("AWS_ENDPOINT_URL", endpoint)
		_, err := awsrun.Run(t.Context(), awsrun.Config{Stack: "Demo", Progress: func(string) {}})
		const want = "names is not a URL such as http://localhost:4566"
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", endpoint, err, want)
		}
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
	var names []string
	for _, target := range awsrun.TargetsIn(outputs) {
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
	targets := awsrun.TargetsIn(map[string]string{
		"InvokeURL": "https://example.com", "LogsURL": "https://example.com", "LogsBucket": "b",
		"InvokeMine": "aws lambda invoke --function-name mine /dev/stdout",
		"LogsMine":   "aws logs tail --follow log-of-mine",
	})
	if want := [][3]string{{"Mine", "mine", "log-of-mine"}}; !slices.Equal(targets, want) {
		t.Errorf("got %v, want %v", targets, want)
	}
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
