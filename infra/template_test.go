package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"example.com/postinvoke/infra/cdktest"
)

// at returns what is in a tree of JSON under a path of keys.
func at(tree any, keys ...any) any {
	for _, key := range keys {
		switch key := key.(type) {
		case string:
			object, _ := tree.(map[string]any)
			tree = object[key]
		case int:
			array, _ := tree.([]any)
			if key >= len(array) {
				return nil
			}
			tree = array[key]
		}
	}
	return tree
}

func TestGoldenTemplates(t *testing.T) {
	for name, a := range map[string]cdktest.Assembly{"PostInvokeDemo": demo(t), "PostInvokeDemoMetrics": measured(t)} {
		data := a.Text(t, "PostInvokeDemo.template.json")
		// The binaries depend on the Go version, not on this part of the project.
		got := regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAll(data, []byte("HASH"))
		got = append(bytes.TrimSpace(got), '\n')
		golden := "infra/golden/" + name + ".template.json"
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
		for i := range max(len(gotLines), len(wantLines)) {
			if i >= len(gotLines) || i >= len(wantLines) || gotLines[i] != wantLines[i] {
				t.Errorf("the template differs from %s from line %d on: look at it with cdk diff --template, "+
					"then accept it with go test ./infra -update", golden, i+1)
				break
			}
		}
	}
}

func TestFunctions(t *testing.T) {
	tp := demo(t).Template(t, "PostInvokeDemo")
	functions := tp.OfType("AWS::Lambda::Function")
	if len(functions) != 2 {
		t.Fatalf("got %d functions, want one per architecture", len(functions))
	}
	for i, arch := range []string{"arm64", "x86_64"} {
		fn := functions[i].Properties
		for _, want := range []struct {
			value any
			keys  []any
		}{
			{arch, []any{"Architectures", 0}},
			{"provided.al2023", []any{"Runtime"}},
			{"bootstrap", []any{"Handler"}},
			{30.0, []any{"Timeout"}},
			{512.0, []any{"MemorySize"}},
			{"JSON", []any{"LoggingConfig", "LogFormat"}},
			{"INFO", []any{"LoggingConfig", "ApplicationLogLevel"}},
			// platform.start and platform.report of a success are INFO.
			{"INFO", []any{"LoggingConfig", "SystemLogLevel"}},
		} {
			if got := at(fn, want.keys...); got != want.value {
				t.Errorf("%s: %v: got %v, want %v", arch, want.keys, got, want.value)
			}
		}

		group, _ := at(fn, "LoggingConfig", "LogGroup", "Ref").(string)
		logs := tp.Resources[group]
		if logs.Type != "AWS::Logs::LogGroup" || logs.Properties["RetentionInDays"] != 7.0 ||
			logs.DeletionPolicy != "Delete" {
			t.Errorf("%s: log group %q: got %+v, want a week's and removed with the stack", arch, group, logs)
		}

		layers, _ := fn["Layers"].([]any)
		if len(layers) != 1 {
			t.Fatalf("%s: got %d layers, want 1", arch, len(layers))
		}
		id, _ := at(layers, 0, "Ref").(string)
		layer := tp.Resources[id].Properties
		if got := fmt.Sprint(layer["CompatibleArchitectures"]); got != "["+arch+"]" {
			t.Errorf("%s: architectures of its layer: got %s", arch, got)
		}
		if layer["LicenseInfo"] != "MIT" || !strings.Contains(fmt.Sprint(layer["Description"]), arch) {
			t.Errorf("%s: licence and description of its layer: got %v, %v",
				arch, layer["LicenseInfo"], layer["Description"])
		}
	}
}

// The log permissions are exactly those a function needs, on its own log group.
func TestRoles(t *testing.T) {
	tp := demo(t).Template(t, "PostInvokeDemo")
	for _, role := range tp.OfType("AWS::IAM::Role") {
		if role.Properties["ManagedPolicyArns"] != nil {
			t.Errorf("got managed policies %v, want none", role.Properties["ManagedPolicyArns"])
		}
	}
	policies := tp.OfType("AWS::IAM::Policy")
	if len(policies) != 2 {
		t.Fatalf("got %d policies, want one per function", len(policies))
	}
	for _, policy := range policies {
		statements, _ := at(policy.Properties, "PolicyDocument", "Statement").([]any)
		if len(statements) != 1 {
			t.Fatalf("got %d statements, want 1", len(statements))
		}
		const want = "[logs:CreateLogStream logs:PutLogEvents]"
		if got := fmt.Sprint(at(statements, 0, "Action")); got != want {
			t.Errorf("actions: got %s, want %s", got, want)
		}
		group, _ := at(statements, 0, "Resource", "Fn::GetAtt", 0).(string)
		if got := tp.Resources[group].Type; got != "AWS::Logs::LogGroup" {
			t.Errorf("resource: got %q, want a log group of the stack", got)
		}
	}
}

// Without physical names a second stack fits beside the first. A dashboard's
// name has those of its stack and region in it.
func TestNoPhysicalNames(t *testing.T) {
	for id, r := range demo(t).Template(t, "PostInvokeDemo").Resources {
		for _, name := range []string{
			"FunctionName", "LogGroupName", "RoleName", "LayerName", "AlarmName", "FilterName",
		} {
			if r.Properties[name] != nil {
				t.Errorf("%s has a %s: %v", id, name, r.Properties[name])
			}
		}
	}
}

func TestTags(t *testing.T) {
	var manifest struct {
		Artifacts map[string]struct {
			Properties struct{ Tags map[string]string }
		}
	}
	demo(t).Read(t, "manifest.json", &manifest)
	if got := manifest.Artifacts["PostInvokeDemo"].Properties.Tags["project"]; got != "postinvoke" {
		t.Errorf("tag project of the stack: got %q, want postinvoke", got)
	}
}

// What costs money is there only on request.
func TestMetricsAreOptIn(t *testing.T) {
	tp := demo(t).Template(t, "PostInvokeDemo")
	if n := len(tp.OfType("AWS::Logs::MetricFilter")) + len(tp.OfType("AWS::CloudWatch::Alarm")); n != 0 {
		t.Errorf("got %d metric filters and alarms, want none", n)
	}
	tp = measured(t).Template(t, "PostInvokeDemo")
	filters, alarms := len(tp.OfType("AWS::Logs::MetricFilter")), len(tp.OfType("AWS::CloudWatch::Alarm"))
	if filters != 12 || alarms != 8 {
		t.Errorf("with metrics: got %d filters and %d alarms, want 12 and 8", filters, alarms)
	}
}

// joined is what a value of the template becomes with the names of references,
// where no condition holds.
func joined(t *testing.T, v any) string {
	t.Helper()
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if name, ok := v["Ref"].(string); ok {
			return name
		}
		if branches, ok := v["Fn::If"].([]any); ok && len(branches) == 3 {
			return joined(t, branches[2]) // as in the partition aws
		}
		if parts, ok := at(v, "Fn::Join", 1).([]any); ok {
			var b strings.Builder
			for _, part := range parts {
				b.WriteString(joined(t, part))
			}
			return b.String()
		}
	}
	t.Fatalf("what does this become when it is deployed: %v", v)
	return ""
}
