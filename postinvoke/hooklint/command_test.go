package hooklint_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/fixes.diff")

// hooklint is the command, which TestMain builds once for all tests.
var hooklint string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "hooklint")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	hooklint = filepath.Join(dir, "hooklint")
	// Without the commit in it the program is the same as before, so that go vet has results for dependencies.
	build := exec.Command("go", "build", "-buildvcs=false", "-o", hooklint, "./cmd/hooklint")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build hooklint: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// vet runs hooklint as go vet does.
func vet(t *testing.T, dir string, args ...string) *execution {
	t.Helper()
	return command(t, dir, slices.Concat([]string{"go", "vet", "-vettool=" + hooklint}, args)...)
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

// A diagnostic is a line of the output.
type diagnostic struct{ file, line, message string }

// check is the check that found it, by its link.
func (d diagnostic) check() string {
	return regexp.MustCompile(`#(\w+)\)$`).FindStringSubmatch(d.message)[1]
}

var diagnosed = regexp.MustCompile(`(?m)^(?:\./)?(\S+\.go):(\d+):\d+: (.*hooklint\.md#\w+\))$`)

// diagnostics returns what was found. There is nothing else in the output but
// the names of packages.
func (e *execution) diagnostics() []diagnostic {
	e.t.Helper()
	var found []diagnostic
	for line := range strings.Lines(e.out) {
		m := diagnosed.FindStringSubmatch(strings.TrimSpace(line))
		switch {
		case m != nil:
			found = append(found, diagnostic{m[1], m[2], m[3]})
		case !strings.HasPrefix(line, "#"):
			e.t.Fatalf("%s: %v\n%s", strings.Join(e.args, " "), e.err, e.out)
		}
	}
	if len(found) == 0 {
		e.t.Fatalf("%s found nothing: %v\n%s", strings.Join(e.args, " "), e.err, e.out)
	}
	return found
}

// found returns the file and the check of each diagnostic.
func (e *execution) found() []string {
	e.t.Helper()
	var found []string
	for _, d := range e.diagnostics() {
		found = append(found, d.file+" "+d.check())
	}
	slices.Sort(found)
	return found
}

// testdata/fixes.diff has what the fixes change. The command runs by itself here, and
// with go vet in other tests.
func TestFixes(t *testing.T) {
	t.Parallel()
	folder, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	out := command(t, "testdata", hooklint, "-fix", "-diff", "./...").out
	patches := strings.SplitAfter(strings.ReplaceAll(out, folder+string(filepath.Separator), ""), "\n--- ")
	for i := range patches[:len(patches)-1] {
		patches[i] = strings.TrimSuffix(patches[i], "--- ")
		patches[i+1] = "--- " + patches[i+1]
	}
	slices.Sort(patches) // packages are analyzed at once
	got := strings.Join(patches, "")
	const golden = "testdata/fixes.diff"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant %s, which -update writes", got, golden)
	}
}

func TestFixesCompile(t *testing.T) {
	t.Parallel()
	dir := copyTestdata(t)
	vet(t, dir, "-fix", "./...").succeeds()
	// A fix can bring another mistake to light, as when a goroutine has become a hook.
	vet(t, dir, "-fix", "./...").succeeds()
	command(t, dir, "go", "vet", "-bools", "./...").succeeds() // any one analyzer: what matters are the types
}

// copyTestdata copies the module in testdata, and leads its replacement of the
// library to the original.
func copyTestdata(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	command(t, dir, "go", "mod", "edit", "-replace=example.com/postinvoke="+root).succeeds()
	return dir
}

// Nothing is reported about the functions that our tests run but what they do
// wrong on purpose. Go leaves them out of ./..., which has to be clean.
func TestFunctionsOfTestsHaveNoFalseAlarm(t *testing.T) {
	t.Parallel()
	var patterns []string
	for _, pattern := range []string{"*/testdata/*/*.go", "*/testdata/*/*/*.go", "internal/*/testdata/*/*.go"} {
		files, err := filepath.Glob("../../" + pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s matches nothing: %v", pattern, err)
		}
		for _, file := range files {
			dir, err := filepath.Rel("../..", filepath.Dir(file))
			if err != nil {
				t.Fatal(err)
			}
			switch filepath.Base(dir) {
			case "broken": // does not compile
			case "consumer": // is a separate module
				vet(t, "../testdata/consumer", ".").succeeds()
			default:
				patterns = append(patterns, "./"+dir)
			}
		}
	}
	slices.Sort(patterns)
	got := vet(t, "../..", slices.Compact(patterns)...).found()
	want := []string{
		"demo/testdata/functions/fails/main.go exit",
		"internal/faults/testdata/function/main.go exit", // Shutdown beside WithEnableSIGTERM
		"internal/soak/testdata/mixed/main.go error",
		"postinvoke/testdata/scenarios/main.go wrap", // a hook outside of a handler
	}
	if !slices.Equal(got, want) {
		t.Errorf("in the functions of our tests: got %v, want %v", got, want)
	}
}

// Each mistake is planted into the example function, and found.
func TestMistakesPlantedIntoTheExampleAreFound(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../function/main.go")
	if err != nil {
		t.Fatal(err)
	}
	const (
		start  = "postinvoke.Start(handle, nil)"
		first  = `fmt.Println("first on stack")`
		event  = "event := parse(input)"
		run    = "postinvoke.Run(ctx, func() {\n\t\t// Called after"
		lambda = "github.com/aws/aws-lambda-go/lambda"
	)
	mutants := []struct{ name, old, new, imports, want string }{
		{"not-wrapped", start, "lambda.Start(handle)", lambda, "wrap"},
		{"inside-middleware", start, `lambda.Start(logged(postinvoke.Wrap(handle, nil)))
}

func logged(h func(context.Context, json.RawMessage) (json.RawMessage, error)) any {
	return h`, lambda, "wrap"},
		{"background", run, strings.Replace(run, "ctx", "context.Background()", 1), "", "wrap"},
		{"handler-context", first, `request, _ := http.NewRequestWithContext(ctx, "POST", "http://localhost", nil)
		fmt.Println(request)`, "net/http", "context"},
		{"goroutine", event, event + "\n\tgo func() { fmt.Println(string(input)) }()", "", "goroutine"},
		{"hook-in-goroutine", event, event + "\n\tgo func() { postinvoke.Run(ctx, func() {}) }()", "", "late"},
		{"error", first, first + "\n\t\t_ = json.Unmarshal(input, new(string))", "", "error"},
		{"exit", first, "os.Exit(1)", "", "exit"},
		{"exit-not-ignored", "//hooklint:ignore", "//", "", "exit"},
		{"exit-at-shutdown", `fmt.Println("bye y'all!")`, `log.Fatal("bye")`, "log", "exit"},
		{"two-waits-for-SIGTERM", start,
			"postinvoke.Start(handle, nil, lambda.WithEnableSIGTERM())", lambda, "exit"},
	}
	dir := copyTestdata(t)
	var want []string
	for _, m := range mutants {
		mutant := strings.Replace(string(source), m.old, m.new, 1)
		if mutant == string(source) {
			t.Fatalf("%s: the example has no %q", m.name, m.old)
		}
		if m.imports != "" {
			mutant = strings.Replace(mutant, `"fmt"`, `"fmt"`+"\n\t\""+m.imports+`"`, 1)
		}
		if err := os.MkdirAll(filepath.Join(dir, "mutants", m.name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "mutants", m.name, "main.go"), []byte(mutant), 0o600); err != nil {
			t.Fatal(err)
		}
		want = append(want, "mutants/"+m.name+"/main.go "+m.want)
	}
	slices.Sort(want)
	if got := vet(t, dir, "./mutants/...").found(); !slices.Equal(got, want) {
		t.Errorf("in the mutants: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
