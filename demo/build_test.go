package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.com/postinvoke/demo/demotest"
	"example.com/postinvoke/internal/pages"
)

// A userModule is a module of somebody else with the example function in the
// folder cmd, and this checkout as the library.
func userModule(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../function/main.go")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"go.mod": "module example.org/mine\n\ngo 1.26.0\n",
		"cmd/main.go": strings.Replace(string(example), "second on complete",
			"second on complete in a module of mine", 1),
	})
	goTool(t, dir, "mod", "edit", "-require=example.com/postinvoke@v0.0.0", "-replace=example.com/postinvoke="+root)
	goTool(t, dir, "mod", "tidy")
	return dir
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
}

// The built demo takes function and extension from the function's own module,
// wherever it is run.
func TestFunctionInAModuleOfItsOwn(t *testing.T) {
	t.Parallel()
	// runsMine checks that the function in dir runs with the extension.
	runsMine := func(t *testing.T, c demotest.Call, dir string) {
		t.Helper()
		r := c.Run(t, brief("-function", dir)...)
		r.Succeeded(t)
		named := dir
		if !filepath.IsAbs(dir) {
			named = filepath.Join(c.Dir, dir)
		}
		demotest.InOrder(t, r.Stdout, "Running the function in "+named+" with the layer on this machine", "EXTENSION",
			"second on complete in a module of mine", "bye y'all!")
	}
	dir := userModule(t)
	mine := filepath.Join(dir, "cmd")
	t.Run("from the function's folder", func(t *testing.T) {
		runsMine(t, demotest.Call{Dir: mine}, ".")
	})
	t.Run("exported for Lambda", func(t *testing.T) {
		other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
		env := []string{"GOOS=plan9", "GOARCH=" + other, "GOAMD64=v4", "GOARM64=v9.0", "CGO_ENABLED=1"}
		runsMine(t, demotest.Call{Dir: dir, Env: env}, "cmd")
	})
	t.Run("in a workspace", func(t *testing.T) {
		root, err := filepath.Abs("..")
		if err != nil {
			t.Fatal(err)
		}
		workspace := t.TempDir()
		writeFiles(t, workspace, map[string]string{
			"go.work":          "go 1.26.0\n\nuse (\n\t./mine\n\t" + root + "\n)\n",
			"mine/go.mod":      "module example.org/mine\n\ngo 1.26.0\n",
			"mine/cmd/main.go": read(t, filepath.Join(mine, "main.go")),
		})
		runsMine(t, demotest.Call{Dir: t.TempDir()}, filepath.Join(workspace, "mine", "cmd"))
	})
	t.Run("with a vendor folder, from another one", func(t *testing.T) {
		goTool(t, dir, "mod", "vendor")
		c := demotest.Call{Dir: t.TempDir(), Env: []string{"GOPROXY=off", "GOMODCACHE=" + t.TempDir()}}
		runsMine(t, c, mine)
	})
}

// Nothing is built when there is no layer to run the function with: the function
// would not even compile.
func TestNoExtensionIsSaidBeforeAnythingIsBuilt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"plain/go.mod":  "module example.org/plain\n\ngo 1.26.0\n",
		"plain/main.go": "package main\n\nfunc main() { broken }\n",
		"vendored/go.mod": "module example.org/vendored\n\ngo 1.26.0\n\nrequire example.com/postinvoke v0.0.0\n\n" +
			"replace example.com/postinvoke => ../gone\n",
		"vendored/main.go": "package main\n\nimport _ \"example.com/postinvoke/postinvoke\"\n\nfunc main() { broken " +
			"}\n",
		"vendored/vendor/modules.txt": "# example.com/postinvoke v0.0.0 => ../gone\n## explicit; go 1.26.0\n" +
			"example.com/postinvoke/postinvoke\n# example.com/postinvoke => ../gone\n",
		"vendored/vendor/example.com/postinvoke/postinvoke/library.go": "package postinvoke\n",
	})
	for name, want := range map[string]string{
		"plain": "add -without-layer, or run the demo in the checkout of postinvoke: neither the module of the " +
			"function in DIR has the extension (",
		"vendored": "the module of the function in DIR has the library but not the extension: run go mod vendor " +
			"there, ",
	} {
		mine := filepath.Join(dir, name)
		r := demotest.Call{Dir: t.TempDir()}.Run(t, "-function", mine)
		if want = "demo: " + strings.ReplaceAll(want, "DIR", mine); r.Code != 1 ||
			!strings.HasPrefix(r.Stderr, want) || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("%s: got %v, want 1 and one line that begins with %q", name, r, want)
		}
	}
}

// The README's commands for the demo in somebody's own module, word for word but
// for the places, where GOARCH is exported as many do.
func TestTheDocumentedDemoInAModuleOfItsOwn(t *testing.T) {
	t.Parallel()
	commands := ""
	for _, block := range pages.Code(t, "../README.md", "Testing", "") {
		if strings.Contains(block, "go build -C /path/to/checkout") {
			commands = block
		}
	}
	if commands == "" {
		t.Fatal("README.md does not build the demo any more")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	places := strings.NewReplacer("/path/to/checkout", root, "/tmp/demo", filepath.Join(t.TempDir(), "demo"))
	cmd := exec.Command("/bin/sh", "-ec", places.Replace(commands))
	cmd.Dir = filepath.Join(userModule(t), "cmd")
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+other)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	demotest.InOrder(t, string(out), "EXTENSION", "second on complete in a module of mine", "bye y'all!")
}
