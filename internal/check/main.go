// Command check runs all tests and checks of this checkout:
//
//	go run ./internal/check
//
// It prints a line for each step with the time it took, and, while a step runs,
// at least one line in half a minute. It needs Go. Steps and tests that need
// something else, such as Node.js or a browser, are left out where that is
// missing; the last lines name them. In CI (CI=true) nothing may be left out.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"example.com/postinvoke/internal/checkout"
	"example.com/postinvoke/internal/ci"
)

const (
	staticcheck = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"
	actionlint  = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
)

// Modules of this checkout.
const (
	root     = module(".")
	recipes  = module("recipes")
	hooklint = module("postinvoke/hooklint")
	golangci = module("postinvoke/hooklint/golangci")
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "check: takes no arguments; CONTRIBUTING.md has commands for single checks")
		os.Exit(2)
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	if err := os.Chdir(strings.TrimSpace(string(dir))); err != nil {
		return err
	}
	leftOut, err := os.CreateTemp("", "check-left-out-")
	if err != nil {
		return err
	}
	defer os.Remove(leftOut.Name())
	os.Setenv(ci.LeftOutFile, leftOut.Name())

	r := newReporter(os.Stdout)
	fmt.Fprintf(r, "This takes some 6 minutes on 2 processors; this machine has %d. The first time it takes some "+
		"15 minutes, because it downloads and compiles everything.\n", runtime.NumCPU())
	r.run(ctx, step{"npm ci", needsNode(root.command("npm", "ci", "--no-audit", "--no-fund"))})
	race, err := raceDetector(ctx)
	if err != nil {
		return err
	}
	// Most steps use one processor, and do not wait as tests do.
	next := make(chan step)
	var workers sync.WaitGroup
	for range 3 {
		workers.Go(func() {
			for s := range next {
				r.run(ctx, s)
			}
		})
	}
	for _, s := range steps(race) {
		next <- s
	}
	close(next)
	workers.Wait()
	return r.summary(leftOut)
}

// steps are in the order in which they begin: the longest first.
func steps(race string) []step {
	all := []step{
		{"go test", goTest(root, race, false)},
		{"go test of the CDK app", goTest(root, "-race=false", true)},
		{"gofmt", gofmt},
	}
	for _, m := range []module{root, recipes, hooklint, golangci} {
		all = append(all,
			step{m.title("go mod tidy"), m.command("go", "mod", "tidy", "-diff")},
			step{m.title("go vet"), m.command("go", "vet", "./...")},
			step{m.title("staticcheck"), m.command("go", "run", staticcheck, "./...")})
	}
	return append(all,
		step{"hooklint", lintHooks},
		step{"actionlint", lintWorkflows},
		step{recipes.title("go test"), goTest(recipes, race, false)},
		step{hooklint.title("go test"), goTest(hooklint, "-race=false", false)},
		step{golangci.title("go test"), goTest(golangci, "-race=false", false)},
		step{"fuzz", fuzz},
		step{"cdk synth", needsNode(root.command("node_modules/.bin/cdk", "synth", "-q", "--strict"))})
}

// A module is the folder of one.
type module string

func (m module) title(what string) string {
	if m == root {
		return what
	}
	return what + " in " + string(m)
}

// command returns what runs a command in the module.
func (m module) command(name string, args ...string) func(context.Context, *reporter) error {
	return func(ctx context.Context, _ *reporter) error {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = string(m)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, bytes.TrimSpace(out))
		}
		return nil
	}
}

// gofmt formats nothing.
func gofmt(ctx context.Context, _ *reporter) error {
	files, err := checkout.Files(".")
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(name string) bool { return !strings.HasSuffix(name, ".go") })
	out, err := exec.CommandContext(ctx, "gofmt", append([]string{"-l"}, files...)...).CombinedOutput()
	if err != nil || len(out) > 0 {
		return fmt.Errorf("these files are not formatted, run gofmt -w on them:\n%s", out)
	}
	return nil
}

// lintWorkflows checks the workflows alone: what actionlint would run on the
// scripts in them differs from machine to machine.
func lintWorkflows(ctx context.Context, r *reporter) error {
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		return errors.New("found no workflows to check")
	}
	return root.command("go", slices.Concat([]string{"run", actionlint, "-shellcheck=", "-pyflakes="}, files)...)(ctx, r)
}

// lintHooks runs our own analyzer on our own code.
func lintHooks(ctx context.Context, r *reporter) error {
	dir, err := os.MkdirTemp("", "check")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "hooklint")
	// The cache of go vet depends on the tool's bytes: the same in every checkout.
	build := hooklint.command("go", "build", "-trimpath", "-buildvcs=false", "-o", path, "./cmd/hooklint")
	if err := build(ctx, r); err != nil {
		return err
	}
	for _, m := range []module{root, recipes} {
		if err := m.command("go", "vet", "-vettool="+path, "./...")(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// needsNode leaves a step out where there is no Node.js, which the CDK runs on.
func needsNode(do func(context.Context, *reporter) error) func(context.Context, *reporter) error {
	return func(ctx context.Context, r *reporter) error {
		if _, err := exec.LookPath("npm"); err != nil {
			return ci.LeaveOut("CDK app", "needs Node.js 22 or later, with npm")
		}
		return do(ctx, r)
	}
}
