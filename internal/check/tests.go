package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"example.com/postinvoke/internal/checkout"
	"example.com/postinvoke/internal/ci"
)

const jsii = "github.com/aws/jsii-runtime-go"

// goTest returns what runs the tests of packages in a module: of those that use jsii,
// or of the others. The former run without the race detector: compiling the CDK's
// packages for it takes minutes, and the work is done in a Node process.
//
// Results are never taken from the cache: the go command does not see that they
// depend on the programs that the tests compile. The vet step runs go vet. Many tests
// wait, so that more packages run at once than there are processors.
func goTest(m module, race string, usesJSII bool) func(context.Context, *reporter) error {
	return func(ctx context.Context, r *reporter) error {
		list := exec.CommandContext(ctx, "go", "list", "-f",
			`{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Deps}}{{end}}`, "./...")
		list.Dir = string(m)
		out, err := list.Output()
		if err != nil {
			return fmt.Errorf("list the packages: %w", err)
		}
		atOnce := fmt.Sprintf("-p=%d", runtime.NumCPU()+1)
		args := []string{"test", "-vet=off", "-count=1", "-timeout=20m", atOnce, race}
		for line := range strings.Lines(string(out)) {
			path, dependencies, _ := strings.Cut(line, " ")
			if strings.Contains(dependencies, jsii+" ") == usesJSII {
				args = append(args, path)
			}
		}
		test := exec.CommandContext(ctx, "go", args...)
		test.Dir, test.Stdout, test.Stderr = string(m), r, r
		return test.Run()
	}
}

// raceDetector returns the flag that turns the race detector on, if there is one.
func raceDetector(ctx context.Context) (flag string, err error) {
	out, err := exec.CommandContext(ctx, "go", "env", "CGO_ENABLED").Output() // 0 without a C compiler
	if err != nil || string(out) == "1\n" {
		return "-race", err
	}
	return "-race=false", ci.LeaveOut("go test", "the race detector needs cgo and a C compiler")
}

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// fuzz runs each fuzz target for a moment, beyond its corpus. CONTRIBUTING.md
// describes how to run one for longer.
func fuzz(ctx context.Context, r *reporter) error {
	files, err := checkout.Files(".")
	if err != nil {
		return err
	}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, match := range fuzzTarget.FindAllSubmatch(content, -1) {
			began := time.Now()
			dir, target := filepath.Dir(file), string(match[1])
			inputs := "5000x"
			if target == "FuzzCalls" { // starts an environment with each
				inputs = "100x"
			}
			run := root.command("go", "test", "-vet=off", "-run=^$", "-fuzz=^"+target+"$", "-fuzztime="+inputs,
				"-fuzzminimizetime=5x", "./"+dir)
			if err := run(ctx, r); err != nil {
				return fmt.Errorf("%s in %s: %w", target, dir, err)
			}
			fmt.Fprintf(r, "   %-46s %6.1f s\n", target+" in "+dir, time.Since(began).Seconds())
		}
	}
	return nil
}
