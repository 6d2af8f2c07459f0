package postinvoke_test

import (
	"os/exec"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv/lambdaenvtest"
	"example.com/postinvoke/record"
)

// Outside of Lambda hooks run when the caller of the handler ends its context, as
// aws-lambda-go does when a response was accepted.
func TestOutsideOfLambda(t *testing.T) {
	cmd := exec.Command(lambdaenvtest.Build(t, "postinvoke/testdata/handlers"))
	cmd.Env = []string{"KIND=outside of Lambda"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		record.Ready, `mode=none layer=false reason="not on Lambda: AWS_LAMBDA_RUNTIME_API is not set"`,
		"hello world <nil>", "hook of r",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("got output\n%s\nwant it to contain %s", out, want)
		}
	}
}
