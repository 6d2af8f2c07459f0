package postinvokecdk_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/cdktest"
	"example.com/postinvoke/infra/postinvokecdk"
	"example.com/postinvoke/internal/checkout"
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
		ci.Skip(t, "needs npm, with which the page installs the cdk command")
	}
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	stack := newStack(t)
	postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil)
	want := resources(t, stack, "AWS::Lambda::LayerVersion")[0].S3Key()

	dir := t.TempDir()
	program := code(t, "Your own CDK stack", "go")
	writeFile(t, filepath.Join(dir, "main.go"), program)
	pages.Run(t, dir, code(t, "Your own CDK stack", ""))
	t.Run("imported", func(t *testing.T) { checkApp(t, dir, want, "built from source") })

	// The constructs are copied, the extension is built from the module cache, and
	// the CDK is the oldest that is supported.
	t.Run("published and copied with the oldest CDK", func(t *testing.T) {
		t.Parallel()
		app := another(t, dir)
		writeFile(t, filepath.Join(app, "main.go"), textLogging(t, program))
		version, env := publish(t, root)
		const module, cdk = postinvokecdk.Module, "github.com/aws/aws-cdk-go/awscdk/v2"
		// Without a replacement our go.mod requires a later version of the CDK.
		pages.Run(t, app, "go mod edit -dropreplace="+module+" -require="+module+"@"+version+
			" -replace="+cdk+"="+cdk+"@"+oldestCDK)
		pages.Run(t, app, "go mod tidy", env...)
		pages.Run(t, app, code(t, "Copy the constructs", ""), env...)
		if !strings.Contains(readFile(t, filepath.Join(app, "main.go")), "example.org/mine/postinvokecdk") {
			t.Error("the app does not use the copy")
		}
		checkApp(t, app, want, version)
		warnings := readFile(t, filepath.Join(app, "cdk.out", "Mine.metadata.json"))
		if !strings.Contains(warnings, "logs text") {
			t.Errorf("a function that logs text: got %s, want a warning", warnings)
		}
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
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "node_modules/.bin/cdk", "synth", "-q", "--app", self)
		cmd.Dir, cmd.Env = wrong, append(os.Environ(), runApp+"=1")
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Error("cdk synth succeeded")
		}
		printed := string(out)
		for _, want := range []string{
			"function Mine/None has no program: set FunctionProps.Entry to the folder of the function's main package",
			"there is no folder " + wrong + "/nowhere to build a function from: " +
				"set FunctionProps.Entry to the folder of its main package",
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

// synthMistakes is an app with everything that its author can do wrong.
func synthMistakes() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Mine"), nil)
	postinvokecdk.NewFunction(stack, jsii.String("None"), nil)
	for _, entry := range []string{"nowhere", "broken", "cgo", "library"} {
		postinvokecdk.NewFunction(stack, &entry, &postinvokecdk.FunctionProps{Entry: entry})
	}
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), nil)
	layer := postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil)
	layer.AddTo(plain(stack, "X86", awslambda.Architecture_X86_64()))
	app.Synth(nil)
}

// checkApp checks the cloud assembly that the app in dir has written.
func checkApp(t *testing.T, dir, wantLayer, wantVersion string) {
	t.Helper()
	template := cdktest.Assembly(filepath.Join(dir, "cdk.out")).Template(t, "Mine")
	layers := template.OfType("AWS::Lambda::LayerVersion")
	functions := template.OfType("AWS::Lambda::Function")
	dashboards := template.OfType("AWS::CloudWatch::Dashboard")
	if len(layers) != 1 || len(functions) != 1 || len(dashboards) != 1 {
		t.Fatalf("got %d layers, %d functions and %d dashboards, want 1 each",
			len(layers), len(functions), len(dashboards))
	}
	if got := layers[0].S3Key(); got != wantLayer {
		t.Errorf("layer asset: got %s, want ours, %s", got, wantLayer)
	}
	if description, _ := layers[0].Properties["Description"].(string); !strings.HasSuffix(description, wantVersion) {
		t.Errorf("description of the layer: got %q, want %s in it", description, wantVersion)
	}
	if layers, _ := functions[0].Properties["Layers"].([]any); len(layers) != 1 {
		t.Errorf("layers of the function: got %v, want 1", layers)
	}
}

// textLogging is the page's app with a function that logs text.
func textLogging(t *testing.T, program string) string {
	t.Helper()
	const entry = `{Entry: "hello"}`
	if !strings.Contains(program, entry) {
		t.Fatalf("the page's app has no %s any more", entry)
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

// publish makes a module proxy of this checkout. It returns the version, and the
// variables with which the go command asks the proxy. It removes the version from
// the module cache after the test.
func publish(t *testing.T, root string) (version string, env []string) {
	t.Helper()
	proxy := t.TempDir()
	version, err := checkout.Proxy(root, proxy, postinvokecdk.Module)
	if err != nil {
		t.Fatal(err)
	}
	cache := strings.TrimSpace(pages.Run(t, root, "go env GOMODCACHE"))
	t.Cleanup(func() {
		versions := filepath.Join(cache, "cache", "download", postinvokecdk.Module, "@v", version+".*")
		downloaded, _ := filepath.Glob(versions)
		for _, path := range append(downloaded, filepath.Join(cache, postinvokecdk.Module+"@"+version)) {
			if err := os.RemoveAll(path); err != nil {
				t.Error(err)
			}
		}
	})
	others := strings.TrimSpace(pages.Run(t, root, "go env GOPROXY"))
	return version, []string{
		"GOPROXY=file://" + filepath.ToSlash(proxy) + "," + others, "GONOSUMDB=" + postinvokecdk.Module,
		// With -trimpath the build cache has the packages of the app, whose folder is
		// another one each time.
		"GOFLAGS=-mod=mod -modcacherw -trimpath",
	}
}

// code is the code of a section of docs/deploying.md.
func code(t *testing.T, heading, language string) string {
	t.Helper()
	return pages.Code(t, "docs/deploying.md", heading, language)[0]
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
