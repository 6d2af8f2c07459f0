package awsrun_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/demo/awsrun"
)

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
		"InvokeMine": "aws lambda invoke --function-name mine /dev/stdout", "LogsMine": "aws logs tail --follow log-of-mine",
	})
	if want := [][3]string{{"Mine", "mine", "log-of-mine"}}; err != nil || !slices.Equal(targets, want) {
		t.Errorf("got %v, %v, want %v", targets, err, want)
	}
}

// A stack of that name may be anybody's. What is taken for a target names a
// function and a log group, in words of the outputs.
func FuzzTargetsIn(f *testing.F) {
	f.Add("InvokeMine", "aws lambda invoke --function-name mine /dev/stdout", "LogsMine", "aws logs tail --follow log-of-mine")
	f.Add("Invoke", "--function-name", "Logs", " ")
	f.Fuzz(func(t *testing.T, key, command, logKey, log string) {
		targets, err := awsrun.TargetsIn(map[string]string{key: command, logKey: log})
		if (len(targets) == 0) != (err != nil) {
			t.Fatalf("got %q and %v, want one of them", targets, err)
		}
		for _, target := range targets {
			if !slices.Contains(strings.Fields(command), target[1]) || !slices.Contains(strings.Fields(log), target[2]) {
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
