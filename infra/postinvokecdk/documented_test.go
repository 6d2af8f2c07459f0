package postinvokecdk_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/cdktest"
	"example.com/postinvoke/infra/postinvokecdk"
	"example.com/postinvoke/internal/ci"
	"example.com/postinvoke/internal/pages"
)

// oldestCDK is the version that the constructs compile and work with beside the
// one in go.mod. AddWarningV2 has another shape in it.
const oldestCDK = "v2.270.0"

// A person in an empty folder follows docs/deploying.md, word for word, and then continues
// in one of several ways. Each way deploys the very layer that we do.
func TestTheDocumentedAppInAnEmptyFolder(t *testing.T) {
	cdktest.NeedNode(t)
	if _, err := exec.LookPath("npm"); err != nil {
		ci.Skip(t, "needs npm, with which the README installs the cdk command")
	}
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	want := ourLayer(t)

	dir := t.TempDir()
	program := code(t, "docs/deploying.md", "Your own CDK stack", "go")
	writeFile(t, filepath.Join(dir, "main.go"), program)
	pages.Run(t, dir, code(t, "docs/deploying.md", "Your own CDK stack", ""))
	t.Run("imported", func(t *testing.T) { checkApp(t, dir, want, "built from source") })

	// The same app with the oldest CDK that is supported.
	t.Run("oldest CDK", func(t *testing.T) {
		t.Parallel()
		older := another(t, dir)
		const cdk = "github.com/aws/aws-cdk-go/awscdk/v2"
		// Without a replacement our go.mod requires a later version.
		pages.Run(t, older, "go mod edit -replace="+cdk+"="+cdk+"@"+oldestCDK)
		writeFile(t, filepath.Join(older, "main.go"), textLogging(t, program))
		pages.Run(t, older, "go mod tidy")
		printed, err := synthesise(t, older)
		if err != nil {
			t.Fatal(err, printed)
		}
		checkApp(t, older, want, "built from source")
		if !strings.Contains(printed, "logs text") {
			t.Errorf("a function that logs text: got %q, want a warning", printed)
		}
	})
	// The constructs are copied, and the extension is built from the module cache.
	t.Run("published and copied", func(t *testing.T) {
		t.Parallel()
		published := another(t, dir)
		version, env := publish(t, root)
		module := postinvokecdk.Module
		pages.Run(t, published, "go mod edit -dropreplace="+module+" -require="+module+"@"+version)
		pages.Run(t, published, "go mod tidy", env...)
		pages.Run(t, published, code(t, "docs/deploying.md", "Copy the constructs", ""), env...)
		if !strings.Contains(readFile(t, filepath.Join(published, "main.go")), "example.org/mine/postinvokecdk") {
			t.Error("the app does not use the copy")
		}
		checkApp(t, published, want, version)
	})
	// TestTheExtensionInAVendorFolder of gobuild builds from one.
	t.Run("vendor folder", func(t *testing.T) {
		t.Parallel()
		vendored := another(t, dir)
		pages.Run(t, vendored, "go mod vendor")
		program := filepath.Join(vendored, "vendor", postinvokecdk.Module, "extension", "main.go")
		if _, err := os.Stat(program); err != nil {
			t.Errorf("go mod vendor does not copy the extension: %v", err)
		}
	})
	// The cdk command prints all of them, each alone, without a stack trace of Go
	// or JavaScript.
	t.Run("mistakes", func(t *testing.T) {
		t.Parallel()
		wrong := another(t, dir)
		for folder, text := range map[string]string{
			"broken":  "package main\n\nfunc main() { broken() }\n",
			"cgo":     "package main\n\nimport \"C\"\n\nfunc main() {}\n",
			"library": "package library\n",
		} {
			if err := os.Mkdir(filepath.Join(wrong, folder), 0o755); err != nil {
				t.Fatal(err)
			}
			writeFile(t, filepath.Join(wrong, folder, "main.go"), text)
		}
		writeFile(t, filepath.Join(wrong, "main.go"), mistakes)
		printed, err := synthesise(t, wrong)
		if err == nil {
			t.Error("cdk synth succeeded")
		}
		for _, want := range []string{
			"function Mine/None has no program: set FunctionProps.Entry to the folder of the function's main package",
			"there is no folder " + wrong + "/nowhere to build a function from: " +
				"set FunctionProps.Entry to the folder of " +
				"its main package",
			"# example.org/mine/broken\n./main.go:3:15: undefined: broken",
			"the program in " + wrong + "/cgo needs cgo: main.go in package example.org/mine/cgo imports \"C\".",
			wrong + "/library is not package main: there is nothing to run",
			"a dashboard without functions would be empty: set DashboardProps.Functions",
			"function Mine/X86 is x86_64 but its postinvoke layer is arm64: give NewLayer the function's architecture",
		} {
			if !strings.Contains(printed, "ERROR "+want) {
				t.Errorf("cdk synth does not print %q", want)
			}
		}
		for _, trace := range []string{"goroutine ", "panic: ", "    at "} {
			if strings.Contains(printed, trace) {
				t.Errorf("cdk synth prints a stack trace, %q", trace)
			}
		}
		if t.Failed() {
			t.Log(printed)
		}
	})
}

// mistakes is an app with everything that its author can do wrong.
const mistakes = `package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/postinvokecdk"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Mine"), nil)
	postinvokecdk.NewFunction(stack, jsii.String("None"), nil)
	for _, entry := range []string{"nowhere", "broken", "cgo", "library"} {
		postinvokecdk.NewFunction(stack, &entry, &postinvokecdk.FunctionProps{Entry: entry})
	}
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), nil)
	postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil).AddTo(awslambda.NewFunction(stack, jsii.String("X86"),
		&awslambda.FunctionProps{
			Architecture: awslambda.Architecture_X86_64(), Runtime: awslambda.Runtime_PROVIDED_AL2023(),
			Handler: jsii.String("bootstrap"), Code: awslambda.Code_FromAsset(jsii.String("hello"), nil),
		}))
	app.Synth(nil)
}
`

// checkApp checks the cloud assembly that the app in dir has written.
func checkApp(t *testing.T, dir, wantLayer, wantVersion string) {
	t.Helper()
	template := filepath.Join(dir, "cdk.out", "Mine.template.json")
	layers := templateResources(t, template, "AWS::Lambda::LayerVersion")
	if len(layers) != 1 {
		t.Fatalf("got %d layers, want 1", len(layers))
	}
	if got := s3Key(layers[0], "Content"); got != wantLayer {
		t.Errorf("layer asset: got %s, want ours, %s", got, wantLayer)
	}
	if description, _ := layers[0].Properties["Description"].(string); !strings.HasSuffix(description, wantVersion) {
		t.Errorf("description of the layer: got %q, want %s in it", description, wantVersion)
	}
	functions := templateResources(t, template, "AWS::Lambda::Function")
	if len(functions) != 1 {
		t.Fatalf("got %d functions, want 1", len(functions))
	}
	if layers, _ := functions[0].Properties["Layers"].([]any); len(layers) != 1 {
		t.Errorf("layers of the function: got %v, want 1", layers)
	}
	if n := len(templateResources(t, template, "AWS::CloudWatch::Dashboard")); n != 1 {
		t.Errorf("got %d dashboards, want 1", n)
	}
}

// textLogging is the README's app with a function that logs text.
func textLogging(t *testing.T, program string) string {
	t.Helper()
	const entry = `{Entry: "hello"}`
	if !strings.Contains(program, entry) {
		t.Fatalf("the README's app has no %s any more", entry)
	}
	return strings.Replace(program, entry,
		`{Entry: "hello", FunctionProps: awslambda.FunctionProps{LoggingFormat: awslambda.LoggingFormat_TEXT}}`, 1)
}

// another is a copy of the app in dir, with the cdk command that is installed
// there.
func another(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range []string{"main.go", "hello/main.go", "go.mod", "go.sum", "cdk.json", "package.json"} {
		if err := os.MkdirAll(filepath.Join(to, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(to, name), readFile(t, filepath.Join(dir, name)))
	}
	if err := os.Symlink(filepath.Join(dir, "node_modules"), filepath.Join(to, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return to
}

// synthesise runs the cdk command as the README does, and returns what it
// printed.
func synthesise(t *testing.T, dir string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "npx", "cdk", "synth", "-q")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func code(t *testing.T, page, heading, language string) string {
	t.Helper()
	return pages.Code(t, page, heading, language)[0]
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

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
