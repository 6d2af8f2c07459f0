//go:build unix

package deploy_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"example.com/postinvoke/internal/ci"
	"example.com/postinvoke/internal/pages"
)

// TestSomethingElse follows the page with the AWS CLI against an emulator: what
// is printed publishes the layers, and the page's command makes a function.
func TestSomethingElse(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		ci.Skip(t, "needs the AWS CLI")
	}
	dir, printed := builtFolder(t)
	startMoto(t)
	sums, publish, found := strings.Cut(printed, "-publish runs them:\n\n")
	if !found {
		t.Fatal("the command did not print how to publish the layers")
	}
	// The other architecture differs in its name.
	publish, _, _ = strings.Cut(strings.ReplaceAll(publish, "--region REGION", "--region eu-west-1"), "\narn=")
	layer := strings.TrimSpace(pages.Run(t, dir, publish))
	if !strings.HasSuffix(layer, ":layer:postinvoke-arm64:1") {
		t.Fatalf("got layer %q, want the first version for arm64", layer)
	}
	publishedAsPrinted(t, layer, sums)

	role := query(t, "iam", "CreateRole", "Arn", "RoleName", "hello",
		"AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":[]}`)
	if len(role) != 1 {
		t.Fatalf("got roles %q, want one", role)
	}
	create := pages.Code(t, page, "Something else", "")[0]
	create = strings.NewReplacer("LAYER-VERSION-ARN", layer, "ROLE-ARN", role[0]).Replace(create)
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
	if len(function.Layers) != 1 || function.Layers[0].Arn != layer {
		t.Errorf("layers: got %v, want %s", function.Layers, layer)
	}
	wantSum(t, sums, "the function", function.CodeSha256)
}

// publishedAsPrinted checks that the layer has the sum that was printed, and what a
// rebuild needs.
func publishedAsPrinted(t *testing.T, arn, printed string) {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	published, err := lambda.NewFromConfig(cfg).GetLayerVersion(t.Context(),
		&lambda.GetLayerVersionInput{LayerName: aws.String("postinvoke-arm64"), VersionNumber: aws.Int64(1)})
	if err != nil {
		t.Fatal(err)
	}
	wantSum(t, printed, arn, aws.ToString(published.Content.CodeSha256))
	if description := aws.ToString(published.Description); !strings.Contains(description, "go1.") {
		t.Errorf("description: got %q, want the Go version that a rebuild needs", description)
	}
}

// wantSum checks that a sum that Lambda's API returns is one that was printed.
func wantSum(t *testing.T, printed, what, sum string) {
	t.Helper()
	if sum == "" || !strings.Contains(printed, "CodeSha256  "+sum+"\n") {
		t.Errorf("CodeSha256 of %s: got %q, which was not printed:\n%s", what, sum, printed)
	}
}
