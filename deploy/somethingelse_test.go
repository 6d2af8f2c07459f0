//go:build unix

package deploy_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/deploy/moto"
	"example.com/postinvoke/internal/ci"
	"example.com/postinvoke/internal/pages"
)

// TestSomethingElse follows the page with the AWS CLI against an emulator: what
// is printed publishes the layers, and the page's command makes a function.
func TestSomethingElse(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		ci.Skip(t, "needs the AWS CLI")
	}
	dir := empty(t)
	moto.Start(t)
	_, publish, found := strings.Cut(pages.Run(t, dir, row(t, "something else")[0]), "-publish runs them:\n\n")
	if !found {
		t.Fatal("the command did not print how to publish the layers")
	}
	published := strings.Fields(pages.Run(t, dir, strings.ReplaceAll(publish, "--region REGION", "--region eu-west-1")))
	if len(published) != 2 || !strings.HasSuffix(published[0], ":layer:postinvoke-arm64:1") {
		t.Fatalf("got layers %q, want one for each architecture", published)
	}
	create := block(t, "Something else", "aws lambda create-function")
	role := moto.Query(t, "iam", "CreateRole", "Arn", "RoleName", "hello",
		"AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":[]}`)
	if len(role) != 1 {
		t.Fatalf("got roles %q, want one", role)
	}
	create = strings.NewReplacer("LAYER-VERSION-ARN", published[0], "ROLE-ARN", role[0]).Replace(create)
	var function struct {
		Runtime, Handler, CodeSha256 string
		Architectures                []string
		Layers                       []struct{ Arn string }
		Timeout                      int
	}
	if err := json.Unmarshal([]byte(pages.Run(t, dir, create)), &function); err != nil {
		t.Fatal(err)
	}
	arm64 := slices.Equal(function.Architectures, []string{"arm64"})
	if function.Runtime != "provided.al2023" || !arm64 || function.Timeout != 30 {
		t.Errorf("got %+v", function)
	}
	if len(function.Layers) != 1 || function.Layers[0].Arn != published[0] {
		t.Errorf("layers: got %v, want %s", function.Layers, published[0])
	}
}
