package postinvokecdk_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/postinvokecdk"
)

const consumers = "infra/postinvokecdk/testdata"

// Other modules, with the constructs imported or copied and this module found
// as a replacement or in the module cache, deploy the very layer that we do.
func TestLayerOfOtherModules(t *testing.T) {
	want := ourLayer(t)
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		consumer string
		prepare  func(t *testing.T, dir string) []string
	}{
		"imported": {"imported", func(t *testing.T, dir string) []string {
			command(t, dir, nil, "go", "mod", "edit", "-replace="+postinvokecdk.Module+"="+root)
			return nil
		}},
		"copied": {"copied", func(t *testing.T, dir string) []string {
			command(t, dir, nil, "go", "mod", "edit", "-replace="+postinvokecdk.Module+"="+root)
			copyConstructs(t, filepath.Join(dir, "postinvokecdk"))
			return nil
		}},
		"module cache": {"imported", func(t *testing.T, dir string) []string {
			version, env := publish(t, root)
			command(t, dir, env, "go", "mod", "edit", "-dropreplace="+postinvokecdk.Module, "-require="+postinvokecdk.Module+"@"+version)
			command(t, dir, env, "go", "mod", "download", postinvokecdk.Module)
			return env
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, consumers, test.consumer))); err != nil {
				t.Fatal(err)
			}
			env := test.prepare(t, dir)
			command(t, dir, env, "go", "build", "-o", "app", ".")
			out := filepath.Join(t.TempDir(), "cdk.out")
			command(t, dir, append(env, "CDK_OUTDIR="+out), "./app")

			template := filepath.Join(out, "Mine.template.json")
			layers := templateResources(t, template, "AWS::Lambda::LayerVersion")
			if len(layers) != 1 {
				t.Fatalf("got %d layers, want 1", len(layers))
			}
			if got := s3Key(layers[0], "Content"); got != want {
				t.Errorf("layer asset: got %s, want ours, %s", got, want)
			}
			description, _ := layers[0].Properties["Description"].(string)
			if got := strings.Contains(description, "v0.0.1-test"); got != (name == "module cache") {
				t.Errorf("description of the layer: got %q, want the version in it where there is one", description)
			}
			for _, fn := range templateResources(t, template, "AWS::Lambda::Function") {
				if layers, _ := fn.Properties["Layers"].([]any); len(layers) != 1 {
					t.Errorf("layers of the function: got %v, want 1", fn.Properties["Layers"])
				}
			}
		})
	}
}

// The example in the README is the one that is built and synthesised above.
func TestReadmeExample(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(consumers, "imported", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(source), "func main() {")
	if example = "func main() {" + example; !strings.Contains(string(readme), example) {
		t.Errorf("README.md does not have the main function of %s/imported/main.go:\n%s", consumers, example)
	}
}

// ourLayer is the asset of the arm64 layer as this checkout deploys it.
func ourLayer(t *testing.T) string {
	t.Helper()
	stack := newStack(t)
	if err := attempt(func() { postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil) }); err != nil {
		t.Fatal(err)
	}
	return s3Key(resources(t, stack, "AWS::Lambda::LayerVersion")[0], "Content")
}

func s3Key(r resource, property string) string {
	code, _ := r.Properties[property].(map[string]any)
	key, _ := code["S3Key"].(string)
	return key
}

// copyConstructs copies the folder as a person would.
func copyConstructs(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob("infra/postinvokecdk/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("got files %q: %v", files, err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func command(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.Bytes())
	}
	return string(out)
}
