//go:build unix

package deploy_test

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/internal/ci"
	"example.com/postinvoke/internal/pages"
)

// TestSAM follows the page up to sam build, which for each resource with the
// build method makefile runs make in the folder of the template, with the name
// of the resource and a folder to fill (aws-lambda-builders, custom_make).
func TestSAM(t *testing.T) {
	commands := row(t, "SAM")
	if commands[1] != "sam build" || commands[2] != "sam deploy" {
		t.Fatalf("the page says %q: this test knows sam build and sam deploy", commands[1:])
	}
	dir := emptyFolder(t)
	pages.Run(t, dir, commands[0])
	build := func(id, program string, machine elf.Machine) {
		artifacts := t.TempDir()
		pages.Run(t, dir, "make --makefile "+filepath.Join(dir, "Makefile")+" build-"+id, "ARTIFACTS_DIR="+artifacts)
		onlyProgram(t, artifacts, program, machine)
	}
	build("Function", "bootstrap", elf.EM_AARCH64)
	build("Layer", "extensions/postinvoke", elf.EM_AARCH64)

	config := filepath.Join(dir, "samconfig.toml")
	other := strings.Replace(read(t, config), `"Architecture=arm64"`, `"Architecture=x86_64"`, 1)
	if err := os.WriteFile(config, []byte(other), 0o644); err != nil {
		t.Fatal(err)
	}
	build("Layer", "extensions/postinvoke", elf.EM_X86_64)
}

// onlyProgram checks that a folder has a program that everybody may run, and
// nothing else.
func onlyProgram(t *testing.T, dir, program string, machine elf.Machine) {
	t.Helper()
	var files []string
	for _, path := range strings.Fields(pages.Run(t, dir, "find . -type f")) {
		files = append(files, strings.TrimPrefix(path, "./"))
	}
	if !slices.Equal(files, []string{program}) {
		t.Errorf("%s: got %q, want only %s", dir, files, program)
	}
	isProgram(t, filepath.Join(dir, program), machine)
}

func isProgram(t *testing.T, path string, machine elf.Machine) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o755 {
		t.Errorf("%s: got mode %v, want that everybody may run it", path, info.Mode())
	}
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if file.Machine != machine {
		t.Errorf("%s: got a program for %v, want %v", path, file.Machine, machine)
	}
	if libraries, err := file.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("%s: got libraries %q, %v, want a static program", path, libraries, err)
	}
}

// cfn-lint applies the Transform first, as CloudFormation does.
func TestTheTemplatesForSAMAreCleanForCfnLint(t *testing.T) {
	if _, err := exec.LookPath("cfn-lint"); err != nil {
		ci.Skip(t, "needs cfn-lint: pip install cfn-lint")
	}
	out, err := exec.Command("cfn-lint", "-t", "sam/template.yaml", "sam/dashboard.json").CombinedOutput()
	if err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// transform is what CloudFormation makes of the template, by AWS's own code.
const transform = `
import json, sys
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse
template = yaml_parse(open(sys.argv[1]))
template["Resources"]["Function"]["Properties"]["CodeUri"] = "s3://bucket/function"
template["Resources"]["Layer"]["Properties"]["ContentUri"] = "s3://bucket/layer"
class NoManagedPolicies:
    def load(self): return {}
print(json.dumps(transform(template, {"Architecture": "arm64", "LayerArn": sys.argv[2]}, NoManagedPolicies())))
`

// The template of the dashboard is about the function and the log group that it
// is given, which is what the command among the outputs of the stack does.
func TestTheDashboardForSAM(t *testing.T) {
	startMoto(t)
	query(t, "cloudformation", "CreateStack", "", "StackName", "board",
		"TemplateBody", read(t, "sam/dashboard.json"),
		"Parameters.member.1.ParameterKey", "FunctionName", "Parameters.member.1.ParameterValue", "hello-Function",
		"Parameters.member.2.ParameterKey", "LogGroupName", "Parameters.member.2.ParameterValue", "hello-Logs")
	name := query(t, "cloudformation", "DescribeStacks", "OutputValue", "StackName", "board")
	if len(name) != 1 {
		t.Fatalf("outputs of the stack: got %q, want the dashboard's name", name)
	}
	body := strings.Join(query(t, "monitoring", "GetDashboard", "DashboardBody", "DashboardName", name[0]), "\n")
	if !json.Valid([]byte(body)) {
		t.Errorf("the dashboard is not JSON:\n%s", body)
	}
	for _, want := range []string{"SOURCE 'hello-Logs'", `"hello-Function"`, `"eu-west-1"`} {
		if !strings.Contains(body, want) {
			t.Errorf("got no %s in\n%s", want, body)
		}
	}
	if strings.Contains(body, "${") || strings.Contains(body, "/aws/lambda/") {
		t.Errorf("got something else than the given names in\n%s", body)
	}
}

func TestWhatTheTemplateForSAMBecomes(t *testing.T) {
	t.Setenv("AWS_DEFAULT_REGION", "eu-west-1")
	var stderr bytes.Buffer
	cmd := exec.Command("python3", "-c", transform, "sam/template.yaml", "")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) || strings.Contains(stderr.String(), "No module named 'samtranslator'") {
		ci.Skip(t, "needs AWS's SAM translator, which comes with cfn-lint: pip install cfn-lint")
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Condition  string
			Properties struct {
				Timeout, RetentionInDays float64
				LoggingConfig            struct{ LogFormat, ApplicationLogLevel string }
				Layers                   []any
				ManagedPolicyArns        []string
				Policies                 []struct {
					PolicyDocument struct {
						Statement []struct {
							Action   []string
							Resource any
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal(out, &template); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for id, r := range template.Resources {
		count[r.Type]++
		p := r.Properties
		switch r.Type {
		case "AWS::Lambda::Function":
			if p.Timeout != 30 || p.LoggingConfig.LogFormat != "JSON" || p.LoggingConfig.ApplicationLogLevel != "INFO" {
				t.Errorf("function: got %+v, want a timeout of 30 s and a log in JSON from INFO on", p)
			}
			got := fmt.Sprint(p.Layers)
			if !strings.Contains(got, "Fn::If:[BuildLayer map[Ref:Layer") || !strings.Contains(got, "map[Ref:LayerArn]") {
				t.Errorf("layers: got %s, want the one that is built or the one that is given", got)
			}
		case "AWS::Lambda::LayerVersion":
			if r.Condition != "BuildLayer" {
				t.Errorf("layer: got condition %q, want that it is not made where one is given", r.Condition)
			}
		case "AWS::IAM::Role":
			if len(p.ManagedPolicyArns) > 0 || len(p.Policies) != 1 || len(p.Policies[0].PolicyDocument.Statement) != 1 {
				t.Fatalf("%s: got %+v, want one statement", id, p)
			}
			statement := p.Policies[0].PolicyDocument.Statement[0]
			got := fmt.Sprint(statement.Action, statement.Resource)
			if want := "[logs:CreateLogStream logs:PutLogEvents] map[Fn::GetAtt:[Logs Arn]]"; got != want {
				t.Errorf("%s: got %s, want %s", id, got, want)
			}
		case "AWS::Logs::LogGroup":
			if p.RetentionInDays != 7 {
				t.Errorf("log group: got %v days, want 7", p.RetentionInDays)
			}
		}
	}
	for _, kind := range []string{
		"AWS::Lambda::Function", "AWS::Lambda::LayerVersion", "AWS::IAM::Role", "AWS::Logs::LogGroup",
	} {
		if count[kind] != 1 {
			t.Errorf("got %d of %s, want 1", count[kind], kind)
		}
	}
}
