//go:build unix

package deploy_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/postinvoke/internal/pages"
)

// TestTerraform follows the page against an emulator, and removes everything.
func TestTerraform(t *testing.T) {
	needTerraform(t)
	commands := row(t, "Terraform")
	if other := row(t, "something else"); commands[1] != other[0] {
		t.Fatalf("got %q, want %q, which builds the folder", commands[1], other[0])
	}
	dir, _ := builtFolder(t)
	startMoto(t)
	pages.Run(t, dir, commands[0])
	pages.Run(t, dir, "terraform init")
	startProvider(t, dir)
	pages.Run(t, dir, commands[2])
	applied(t, dir)

	pages.Run(t, dir, commands[1]+" -arch arm64")
	otherModules(t, dir)
	planned := plan(t, dir)
	builtAgainWithoutAChange(t, planned)
	withAPublishedLayerAndWithNone(t, planned)

	pages.Run(t, dir, "terraform destroy -refresh=false")
	nothingLeft(t)
}

const publishedLayer = "arn:aws:lambda:eu-west-1:123456789012:layer:postinvoke-x86_64:3"

// otherModules adds two functions for x86_64 without a dashboard to the example: one
// with a layer that is published already, and one without a layer.
func otherModules(t *testing.T, dir string) {
	t.Helper()
	const module = `
module %q {
  source       = "./postinvoke"
  name         = "own"
  architecture = "x86_64"
  function_zip = "build/deploy/function-x86_64.zip"
  dashboard    = false
  %s
}
`
	text := fmt.Sprintf(module, "published", `layer_arn = "`+publishedLayer+`"`) + fmt.Sprintf(module, "none", "")
	if err := os.WriteFile(filepath.Join(dir, "others.tf"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	pages.Run(t, dir, "terraform get")
}

// builtAgainWithoutAChange checks that nothing of the example would change but the
// logging_config of the function, which moto does not store.
func builtAgainWithoutAChange(t *testing.T, planned map[string]string) {
	t.Helper()
	changed := ""
	for address, text := range planned {
		if strings.HasPrefix(address, "module.hello.") {
			changes := regexp.MustCompile(`(?m)^ +[-+~/]+ .*`).FindAllString(text, -1)
			changed += strings.Join(strings.Fields(strings.Join(changes, " ")), " ")
		}
	}
	const want = `~ resource "aws_lambda_function" "this" { + logging_config { + application_log_level = "INFO" ` +
		`+ log_format = "JSON" + log_group = "` + logGroup + `" + system_log_level = "INFO"`
	if changed != want {
		t.Errorf("got changes %s, want %s", changed, want)
	}
}

func withAPublishedLayerAndWithNone(t *testing.T, planned map[string]string) {
	t.Helper()
	for address := range planned {
		if strings.Contains(address, "aws_lambda_layer_version") || strings.Contains(address, "aws_cloudwatch_dashboard") {
			t.Errorf("got %s, which was not asked for", address)
		}
	}
	for module, layers := range map[string]string{
		"published": `+ layers = [ + "` + publishedLayer + `", ]`,
		"none":      "+ layers = []",
	} {
		function := strings.Join(strings.Fields(planned["module."+module+".aws_lambda_function.this"]), " ")
		for _, want := range []string{layers, `+ architectures = [ + "x86_64", ]`} {
			if !strings.Contains(function, want) {
				t.Errorf("%s: the planned function has not %s: %s", module, want, function)
			}
		}
	}
}

// The variables alone are a configuration that needs no provider.
func TestTerraformWithTwoLayers(t *testing.T) {
	needTerraform(t)
	dir := t.TempDir()
	pages.Run(t, dir, "cp /path/to/checkout/deploy/terraform/postinvoke/variables.tf .")
	arguments := []string{"plan", "-var=name=own", "-var=function_zip=function.zip", "-var=layer_zip=layer.zip"}
	for _, both := range []bool{false, true} {
		if both {
			arguments = append(arguments, "-var=layer_arn=arn:aws:lambda:eu-west-1:123456789012:layer:some:3")
		}
		cmd := exec.Command("terraform", arguments...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		refused := err != nil && strings.Contains(string(out), "Set layer_zip or layer_arn, not both.")
		if refused != both || (err != nil) != both {
			t.Errorf("with both %t: got %v\n%s", both, err, out)
		}
	}
}

func TestTerraformIsFormatted(t *testing.T) {
	needTerraform(t)
	if out := strings.TrimSpace(pages.Run(t, "terraform", "terraform fmt -check -recursive -list=true || "+
		"true")); out != "" {
		t.Errorf("run terraform fmt -recursive deploy/terraform: %s", out)
	}
}
