package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
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

// The README's commands for the demo in somebody's own module, word for word but
// for the places, where GOARCH is exported as many do. And then the module has a vendor
// folder, and the demo runs elsewhere.
func TestFunctionInAModuleOfItsOwn(t *testing.T) {
	t.Parallel()
	blocks := pages.Code(t, "../README.md", "Testing", "")
	i := slices.IndexFunc(blocks, func(block string) bool {
		return strings.Contains(block, "go build -C /path/to/checkout")
	})
	if i < 0 {
		t.Fatal("README.md does not build the demo any more")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	places := strings.NewReplacer("/path/to/checkout", root, "/tmp/demo", filepath.Join(t.TempDir(), "demo"))
	dir := userModule(t)
	mine := filepath.Join(dir, "cmd")
	cmd := exec.Command("/bin/sh", "-ec", places.Replace(blocks[i]))
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	cmd.Dir, cmd.Env = mine, append(os.Environ(), "GOOS=linux", "GOARCH="+other)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	log := []string{"Running the function in " + mine + " with the layer on this machine", "EXTENSION",
		"second on complete in a module of mine", "bye y'all!"}
	demotest.InOrder(t, string(out), log...)

	goTool(t, dir, "mod", "vendor")
	r := demotest.RunCommand(t, with(demotest.Command(t, brief("-function", mine)...), t.TempDir(),
		"GOPROXY=off", "GOMODCACHE="+t.TempDir()))
	r.Succeeded(t)
	demotest.InOrder(t, r.Stdout, log...)
}

// The demo refuses what NewFunction refuses.
func TestFunctionThatNeedsCgo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"go.mod": "module example.org/mine\n\ngo 1.26.0\n",
		"main.go": "package main\n\n// int answer() { return 42; }\nimport \"C\"\n\nfunc main() { " +
			"println(C.answer()) }\n",
	})
	r := demotest.RunCommand(t, with(demotest.Command(t, "-function", dir), "", "CGO_ENABLED=1"))
	want := "the program in " + dir + " needs cgo: main.go in package example.org/mine imports \"C\". "
	if r.Code != 1 || !strings.Contains(r.Stderr, want) {
		t.Errorf("got %v, want 1 and %q", r, want)
	}
}

// Nothing is built when there is no layer to run the function with: the function
// would not even compile.
func TestNoExtensionIsSaidBeforeAnythingIsBuilt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"go.mod":  "module example.org/plain\n\ngo 1.26.0\n",
		"main.go": "package main\n\nfunc main() { broken }\n",
	})
	const here = "demo: run this inside the checkout of postinvoke, or inside a module that requires it"
	for _, args := range [][]string{nil, {"-without-layer"}, {"-plain"}, {"-function", dir}} {
		want := here + ": "
		if len(args) == 2 {
			want = here + ", or leave the layer out with -without-layer: "
		}
		r := demotest.RunCommand(t, with(demotest.Command(t, args...), t.TempDir(), keptBuilds+"="))
		if r.Code != 1 || !strings.HasPrefix(r.Stderr, want) {
			t.Errorf("%s: got %v, want 1, and %q", args, r, want)
		}
	}
}
