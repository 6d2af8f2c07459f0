//go:build unix

package deploy_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/internal/ci"
	"example.com/postinvoke/internal/pages"
)

// needTerraform has terraform take its providers from this machine, and ask
// nothing.
func needTerraform(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("terraform"); err != nil {
		ci.Skip(t, "needs terraform")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, pattern := range []string{
		"../build/terraform-plugins", home + "/.terraform.d/plugins",
		"/usr/share/terraform/plugins", "/usr/local/share/terraform/plugins", "/opt/*",
	} {
		providers, _ := filepath.Glob(pattern + "/registry.terraform.io/hashicorp/aws")
		found = append(found, providers...)
	}
	if len(found) == 0 {
		ci.Skip(t, "needs Terraform's AWS provider: "+
			`terraform -chdir=deploy/terraform providers mirror "$PWD/build/terraform-plugins"`)
	}
	plugins, err := filepath.Abs(strings.TrimSuffix(found[0], "/registry.terraform.io/hashicorp/aws"))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"TF_CLI_CONFIG_FILE": os.DevNull,
		"TF_CLI_ARGS":        "-no-color", "TF_IN_AUTOMATION": "1",
		"TF_CLI_ARGS_init":    "-plugin-dir=" + plugins,
		"TF_CLI_ARGS_apply":   "-auto-approve",
		"TF_CLI_ARGS_destroy": "-auto-approve",
		"CHECKPOINT_DISABLE":  "1",
		"GOGC":                "400", // a third of the CPU is collecting garbage
	} {
		t.Setenv(name, value)
	}
}

// startProvider starts the AWS provider that terraform init has installed, for all
// commands that follow. Each would start it several times, which is most of its work.
func startProvider(t *testing.T, dir string) {
	t.Helper()
	const path = ".terraform/providers/registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws_*"
	programs, err := filepath.Glob(filepath.Join(dir, path))
	if err != nil || len(programs) != 1 {
		t.Fatalf("got providers %q, %v, want one", programs, err)
	}
	provider := exec.Command(programs[0], "-debug")
	provider.Dir = dir // from which it reads zip files, as terraform does
	output, stop, err := background(provider)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if _, address, found := strings.Cut(lines.Text(), "TF_REATTACH_PROVIDERS='"); found {
			t.Setenv("TF_REATTACH_PROVIDERS", strings.TrimSuffix(address, "'"))
			go io.Copy(io.Discard, output)
			return
		}
	}
	t.Fatal("the provider does not print its address")
}

// plan returns what terraform plan prints about each resource, by its address.
func plan(t *testing.T, dir string) map[string]string {
	t.Helper()
	planned := map[string]string{}
	for _, text := range strings.Split(pages.Run(t, dir, "terraform plan"), "\n  # ")[1:] {
		address, text, _ := strings.Cut(text, " ")
		planned[address], _, _ = strings.Cut(text, "\n    }\n")
	}
	return planned
}
