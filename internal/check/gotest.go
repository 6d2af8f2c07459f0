package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"example.com/postinvoke/internal/ci"
)

// test runs the tests with the race detector, if there is one. Those of
// packages that use jsii run without it: compiling the CDK's packages for it
// takes minutes, and the work is done in a Node process. They run one by one beside
// the others. Many tests wait, for processes and timeouts, so that more packages
// run at once than there are processors.
//
// Results are never taken from the cache: the go command does not see that they
// depend on the programs that the tests compile. The vet step has run go vet.
func (m module) test(ctx context.Context, r *reporter) error {
	t := &tests{reporter: r, folders: map[string]string{}, output: map[string]string{}}
	jsii, others, err := t.list(ctx, m)
	if err != nil {
		return err
	}
	race := "-race"
	if !hasRaceDetector(ctx) {
		race = "-race=false"
		if err := r.leaveOut("go test", "the race detector needs cgo and a C compiler"); err != nil {
			return err
		}
	}
	run := func(flag string, atOnce int, packages []string) error {
		if len(packages) == 0 {
			return nil
		}
		args := []string{"test", "-json", "-vet=off", "-count=1", "-timeout=20m", flag, fmt.Sprintf("-p=%d", atOnce)}
		cmd := exec.CommandContext(ctx, "go", append(args, packages...)...)
		cmd.Dir, cmd.Stdout = string(m), &stream{tests: t}
		return r.exec(cmd)
	}
	beside := make(chan error)
	go func() { beside <- run("-race=false", 1, jsii) }()
	err = errors.Join(run(race, runtime.NumCPU()+1, others), <-beside)
	r.printf("%d passed, %d failed, %d skipped", t.passed, t.failed, t.skipped)
	return err
}

// list finds the packages with tests.
func (t *tests) list(ctx context.Context, m module) (jsii, others []string, err error) {
	list := exec.CommandContext(ctx, "go", "list", "-f",
		`{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{"\t"}}{{.Dir}}{{"\t"}}{{.Deps}}{{end}}`, "./...")
	list.Dir, list.Stderr = string(m), os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, nil, fmt.Errorf("list the packages: %w", err)
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, nil, err
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(line, "\t") // the import path, the folder, what it depends on
		t.folders[fields[0]] = strings.TrimPrefix(fields[1], here+string(filepath.Separator))
		if strings.Contains(fields[2], "github.com/aws/jsii-runtime-go ") {
			jsii = append(jsii, fields[0])
		} else {
			others = append(others, fields[0])
		}
	}
	return jsii, others, nil
}

func hasRaceDetector(ctx context.Context) bool {
	out, err := exec.CommandContext(ctx, "go", "env", "CGO_ENABLED", "CC").Output()
	if err != nil {
		return false
	}
	enabled, cc, _ := strings.Cut(string(bytes.TrimSpace(out)), "\n")
	_, err = exec.LookPath(cc)
	return enabled == "1" && err == nil
}

// tests are the results of go test, printed as they come.
type tests struct {
	*reporter
	folders map[string]string // of packages, by import path

	mu                      sync.Mutex
	done                    int               // packages
	passed, failed, skipped int               // tests
	running                 []string          // packages
	output                  map[string]string // by package and test; of those that have not passed
}

// A stream reads what one command go test -json prints.
type stream struct {
	*tests
	line []byte // the last one, as far as it has come
}

// An event is a line of go test -json (go doc test2json, go help buildjson).
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

func (s *stream) Write(p []byte) (int, error) {
	s.line = append(s.line, p...)
	for {
		line, rest, found := bytes.Cut(s.line, []byte("\n"))
		if !found {
			return len(p), nil
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return 0, fmt.Errorf("go test -json printed %q: %w", line, err)
		}
		s.handle(e)
		s.line = rest
	}
}

func (t *tests) handle(e event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := e.Package + "\x00" + e.Test
	switch {
	case e.Action == "build-output":
		t.printf("%s", strings.TrimSuffix(e.Output, "\n"))
	case e.Action == "output" && (strings.HasPrefix(e.Output, "=== ") || strings.HasPrefix(e.Output, "FAIL")):
	case e.Action == "output":
		t.output[key] += e.Output
	case e.Action == "start":
		t.running = append(t.running, t.folders[e.Package])
	case e.Test == "" && slices.Contains([]string{"pass", "fail", "skip"}, e.Action):
		t.finishPackage(e)
	case e.Action == "pass":
		t.passed++
		delete(t.output, key)
	case e.Action == "fail":
		t.failed++
	case e.Action == "skip":
		t.skipped++
		if missing := leftOut.FindStringSubmatch(t.output[key]); missing != nil {
			t.leaveOut(t.folders[e.Package], missing[1])
		}
		delete(t.output, key)
	}
	t.does(fmt.Sprintf("(%d of %d packages; now %s)", t.done, len(t.folders), strings.Join(t.running, ", ")))
}

var leftOut = regexp.MustCompile(ci.LeftOut + "(.*)")

// finishPackage prints the result of a package, and the output of its tests that
// have not passed.
func (t *tests) finishPackage(e event) {
	t.done++
	t.running = slices.DeleteFunc(t.running, func(name string) bool { return name == t.folders[e.Package] })
	t.printf("   %2d of %d  %-4s %-33s %6.1f s", t.done, len(t.folders), e.Action, t.folders[e.Package], e.Elapsed)
	for _, key := range slices.Sorted(maps.Keys(t.output)) {
		if !strings.HasPrefix(key, e.Package+"\x00") {
			continue
		}
		if e.Action == "fail" {
			t.printf("%s", t.output[key])
		}
		delete(t.output, key)
	}
}
