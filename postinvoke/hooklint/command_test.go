package hooklint_test

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// build builds the command.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hooklint")
	command(t, ".", "go", "build", "-o", path, "./cmd/hooklint").succeeds()
	return path
}

// An execution is a command that has ended.
type execution struct {
	t    *testing.T
	args []string
	out  string
	err  error
}

func command(t *testing.T, dir string, args ...string) *execution {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return &execution{t: t, args: args, out: string(out), err: err}
}

func (e *execution) succeeds() {
	e.t.Helper()
	if e.err != nil {
		e.t.Fatalf("%s: %v\n%s", strings.Join(e.args, " "), e.err, e.out)
	}
}

var diagnostic = regexp.MustCompile(`(?m)^(?:.*/)?(\S+/\S+\.go):\d+:\d+: .*hooklint\.md#(\w+)\)$`)

// found returns the file, with its folder, and the check of each diagnostic.
func (e *execution) found() []string {
	e.t.Helper()
	if e.err == nil {
		return nil
	}
	var found []string
	for _, m := range diagnostic.FindAllStringSubmatch(e.out, -1) {
		found = append(found, m[1]+" "+m[2])
	}
	if len(found) == 0 {
		e.t.Fatalf("%s: %v\n%s", strings.Join(e.args, " "), e.err, e.out)
	}
	slices.Sort(found)
	return found
}

// All fixes are applied, and compile.
func TestFixesCompile(t *testing.T) {
	vettool := "-vettool=" + build(t)
	for _, module := range modules {
		dir := copyModule(t, module)
		command(t, dir, "go", "vet", vettool, "-fix", "./...").succeeds()
		compareGolden(t, module, dir)
		command(t, dir, "go", "vet", "./...").succeeds()
		// A fix can bring another mistake to light, as when a goroutine has become a hook.
		command(t, dir, "go", "vet", vettool, "-fix", "./...").succeeds()
		command(t, dir, "go", "vet", "./...").succeeds()
	}
}

func TestTheCommandRunsByItself(t *testing.T) {
	const module = "testdata/next"
	hooklint := build(t)
	want := command(t, module, "go", "vet", "-vettool="+hooklint, "./...").found()
	if got := command(t, module, hooklint, "./...").found(); !slices.Equal(got, want) || len(got) == 0 {
		t.Errorf("got %v, go vet has %v", got, want)
	}
}

// upwards is the end of a replacement by the root of the repository.
var upwards = regexp.MustCompile(`=> (\.\./)+\.\.\n`)

// copyModule copies a module of testdata, and with it the relative paths of
// its replacements, to a folder of its own.
func copyModule(t *testing.T, module string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(module)); err != nil {
		t.Fatal(err)
	}
	for _, nested := range modules {
		if rel, err := filepath.Rel(module, nested); err == nil && rel != "." && filepath.IsLocal(rel) {
			if err := os.RemoveAll(filepath.Join(dir, rel)); err != nil {
				t.Fatal(err)
			}
		}
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	goMod := filepath.Join(dir, "go.mod")
	content, err := os.ReadFile(goMod)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(goMod, upwards.ReplaceAll(content, []byte("=> "+root+"\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// compareGolden compares the files that a fix has changed with those beside
// the originals.
func compareGolden(t *testing.T, module, dir string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		original, err := os.ReadFile(filepath.Join(module, path))
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return err
		}
		golden := filepath.Join(module, path) + ".golden"
		if bytes.Equal(got, original) {
			if _, err := os.Stat(golden); err == nil {
				t.Errorf("%s: nothing was fixed, but there is %s", path, golden)
			}
			return nil
		}
		if *update {
			return os.WriteFile(golden, got, 0o600)
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s after the fixes: got\n%s\nwant %s, which -update writes", path, got, golden)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Nothing is reported about our own code but what it does wrong on purpose.
func TestOwnCodeHasNoFalseAlarm(t *testing.T) {
	hooklint := build(t)
	patterns := []string{"./function", "./demo/...", "./postinvoke/...", "./internal/faults"}
	for _, pattern := range []string{
		"internal/faults/testdata/*/*.go", "postinvoke/testdata/*/*.go", "demo/testdata/functions/*/*.go",
	} {
		files, err := filepath.Glob("../../" + pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s matches nothing: %v", pattern, err)
		}
		for _, file := range files {
			if dir, _ := filepath.Rel("../..", filepath.Dir(file)); filepath.Base(dir) != "broken" { // which does not compile
				patterns = append(patterns, "./"+dir)
			}
		}
	}
	slices.Sort(patterns)
	vet := slices.Concat([]string{"go", "vet", "-vettool=" + hooklint}, slices.Compact(patterns))
	got := command(t, "../..", vet...).found()
	want := []string{
		"function/main.go exit",  // of the faults: Shutdown beside WithEnableSIGTERM
		"scenarios/main.go wrap", // a hook outside of a handler
	}
	if !slices.Equal(got, want) {
		t.Errorf("in our own code: got %v, want %v", got, want)
	}
	command(t, "../../recipes", "go", "vet", "-vettool="+hooklint, "./...").succeeds()
}

// Each mistake is planted into the example function, and found.
func TestMistakesPlantedIntoTheExampleAreFound(t *testing.T) {
	source, err := os.ReadFile("../../function/main.go")
	if err != nil {
		t.Fatal(err)
	}
	const (
		start = "lambda.Start(postinvoke.Wrap(handle, nil))"
		first = `fmt.Println("first on stack")`
		sleep = "sleep := sleepIn(input)"
		run   = "postinvoke.Run(ctx, func() {\n\t\t// Called after"
	)
	mutants := []struct{ name, old, new, imports, want string }{
		{"not-wrapped", start, "lambda.Start(handle)", "", "wrap"},
		{"inside-middleware", start, `lambda.Start(logged(postinvoke.Wrap(handle, nil)))
}

func logged(h func(context.Context, json.RawMessage) (json.RawMessage, error)) any {
	return h`, "", "wrap"},
		{"background", run, strings.Replace(run, "ctx", "context.Background()", 1), "", "wrap"},
		{"handler-context", first, `request, _ := http.NewRequestWithContext(ctx, "POST", "http://localhost", nil)
		fmt.Println(request)`, "net/http", "context"},
		{"goroutine", sleep, sleep + "\n\tgo func() { fmt.Println(string(input)) }()", "", "goroutine"},
		{"hook-in-goroutine", sleep, sleep + "\n\tgo func() { postinvoke.Run(ctx, func() {}) }()", "", "late"},
		{"error", first, first + "\n\t\t_ = json.Unmarshal(input, new(string))", "", "error"},
		{"exit", first, "os.Exit(1)", "os", "exit"},
		{"exit-at-shutdown", `fmt.Println("bye y'all!")`, `log.Fatal("bye")`, "log", "exit"},
		{"two-waits-for-SIGTERM", start,
			"lambda.StartWithOptions(postinvoke.Wrap(handle, nil), lambda.WithEnableSIGTERM())", "", "exit"},
	}
	dir := copyModule(t, "testdata/mutants")
	var want []string
	for _, m := range mutants {
		mutant := strings.Replace(string(source), m.old, m.new, 1)
		if mutant == string(source) {
			t.Fatalf("%s: the example has no %q", m.name, m.old)
		}
		if m.imports != "" {
			mutant = strings.Replace(mutant, `"fmt"`, `"fmt"`+"\n\t\""+m.imports+`"`, 1)
		}
		if err := os.MkdirAll(filepath.Join(dir, m.name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, m.name, "main.go"), []byte(mutant), 0o600); err != nil {
			t.Fatal(err)
		}
		want = append(want, m.name+"/main.go "+m.want)
	}
	command(t, dir, "go", "build", "./...").succeeds()
	slices.Sort(want)
	if got := command(t, dir, "go", "vet", "-vettool="+build(t), "./...").found(); !slices.Equal(got, want) {
		t.Errorf("in the mutants: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
