package main

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"

	"example.com/postinvoke/internal/ci"
)

// explained are the findings of cfn-lint that stay.
var explained = map[string]string{
	"W3005": "the CDK has a function depend on its role, which it refers to anyway, and on the role's policy, " +
		"which it does not",
}

func TestTheTemplateIsCleanForCfnLint(t *testing.T) {
	if _, err := exec.LookPath("cfn-lint"); err != nil {
		ci.Skip(t, "needs cfn-lint: pip install cfn-lint")
	}
	// It has all that the template without metrics has.
	template := filepath.Join(string(measured(t)), "PostInvokeDemo.template.json")
	out, err := exec.Command("cfn-lint", "--format", "json", "-t", template).Output()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) { // also for warnings
		t.Fatal(err)
	}
	var findings []struct {
		Rule     struct{ Id string }
		Message  string
		Location struct{ Path []any }
	}
	if err := json.Unmarshal(out, &findings); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, f := range findings {
		if explained[f.Rule.Id] == "" {
			t.Errorf("%s %s, at %v", f.Rule.Id, f.Message, f.Location.Path)
		}
	}
}
