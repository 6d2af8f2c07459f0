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
	"W3005": "the CDK has a function depend on its role, which it refers to anyway, and on the role's policy, which it does not",
}

func TestTheTemplatesAreCleanForCfnLint(t *testing.T) {
	if _, err := exec.LookPath("cfn-lint"); err != nil {
		ci.Skip(t, "needs cfn-lint: pip install cfn-lint")
	}
	app := newApp(t, nil)
	if err := attempt(func() { newDemo(app, config{stack: "WithMetrics", metrics: true}) }); err != nil {
		t.Fatal(err)
	}
	for _, template := range []string{
		filepath.Join(string(demo(t)), "PostInvokeDemo.template.json"),
		filepath.Join(string(synth(t, app)), "WithMetrics.template.json"),
	} {
		out, err := exec.Command("cfn-lint", "--format", "json", "-t", template).Output()
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) { // which it does for warnings too
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
				t.Errorf("%s: %s %s, at %v", filepath.Base(template), f.Rule.Id, f.Message, f.Location.Path)
			}
		}
	}
}
