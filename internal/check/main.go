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

	"example.com/postinvoke/internal/checkout"
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

// A step is one thing to check.
type step struct {
	name string
	run  func(context.Context, *reporter) error
}

func steps() []step {
	all := []step{{"gofmt", gofmt}}
	for _, m := range []module{root, recipes, hooklint, golangci} {
		all = append(all,
			step{m.title("go mod tidy"), m.command("go", "mod", "tidy", "-diff")},
			step{m.title("go vet"), m.command("go", "vet", "./...")},
			step{m.title("staticcheck"), m.command("go", "run", staticcheck, "./...")})
	}
	all = append(all,
		step{"hooklint", lintHooks},
		step{"actionlint", lintWorkflows},
		step{"npm ci", needsNode(root.command("npm", "ci", "--no-audit", "--no-fund"))})
	for _, m := range []module{root, recipes, hooklint, golangci} {
		all = append(all, step{m.title("go test"), m.test})
	}
	return append(all,
		step{"fuzz", fuzz},
		step{"cdk synth", needsNode(root.command("node_modules/.bin/cdk", "synth", "-q", "--strict"))})
}

func run(ctx context.Context) error {
	dir, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	if err := os.Chdir(strings.TrimSpace(string(dir))); err != nil {
		return err
	}
	r := newReporter(os.Stdout)
	r.printf("This takes some 8 minutes on 2 processors; this machine has %d.", runtime.NumCPU())
	if !compiledBefore(ctx) {
		r.printf("The first time it takes some 15 minutes, because it downloads and compiles everything.")
	}
	all := steps()
	for i, s := range all {
		if err := r.step(ctx, fmt.Sprintf("%2d/%d %s", i+1, len(all), s.name), s.run); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	r.summary()
	return nil
}

// compiledBefore reports whether the largest dependency is in the build cache.
func compiledBefore(ctx context.Context) bool {
	list := exec.CommandContext(ctx, "go", "list", "-f", "{{.Stale}}", "github.com/aws/aws-cdk-go/awscdk/v2/awslambda")
	list.Env = append(os.Environ(), "GOPROXY=off") // it must not be downloaded before the line above is printed
	stale, err := list.Output()
	return err == nil && string(stale) == "false\n"
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
	return func(ctx context.Context, r *reporter) error {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = string(m)
		return r.exec(cmd)
	}
}

// gofmt formats nothing.
func gofmt(ctx context.Context, _ *reporter) error {
	files, err := checkout.Files(".")
	if err != nil {
		return err
	}
	args := []string{"-l"}
	for _, name := range files {
		if strings.HasSuffix(name, ".go") {
			args = append(args, name)
		}
	}
	out, err := exec.CommandContext(ctx, "gofmt", args...).CombinedOutput()
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
			return r.leaveOut("CDK app", "needs Node.js 22 or later, with npm")
		}
		return do(ctx, r)
	}
}
