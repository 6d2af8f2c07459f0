// Command check runs everything that must hold before a change lands:
//
//	go run ./internal/check
//
// It needs Go. Without Node, which runs the CDK app, a C compiler for the race
// detector, a browser for the demo's pages, qemu-user for the function of the other
// architecture, and terraform, moto, cfn-lint and the AWS CLI for what is deployed
// without CDK, it says what it leaves out. In CI (CI=true) nothing may be left out.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/postinvoke/internal/checkout"
)

const (
	staticcheck = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"
	actionlint  = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "check: it takes no arguments, and runs all checks; CONTRIBUTING.md has the commands for one of them")
		os.Exit(2)
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(1)
	}
}

// A step is one thing to check. It returns what it left out, if anything.
type step struct {
	name string
	do   func(context.Context) (leftOut string, err error)
}

func run(ctx context.Context) error {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	if err := os.Chdir(strings.TrimSpace(string(root))); err != nil {
		return err
	}
	steps := []step{{"gofmt", gofmt}}
	for _, m := range []module{".", "recipes", hooklint, hooklint + "/golangci"} {
		steps = append(steps,
			step{m.title("go mod tidy"), m.command("go", "mod", "tidy", "-diff")},
			step{m.title("go vet"), m.command("go", "vet", "./...")},
			step{m.title("staticcheck"), m.command("go", "run", staticcheck, "./...")})
	}
	steps = append(steps,
		step{"hooklint", lintHooks},
		step{"actionlint", lintWorkflows},
		step{"npm ci", installCDK},
		step{"go test", module(".").test},
		step{"go test in recipes", module("recipes").test},
		step{"go test in " + hooklint, module(hooklint).test},
		step{"go test in " + hooklint + "/golangci", module(hooklint + "/golangci").test},
		step{"fuzz", fuzz},
		step{"cdk synth", synth})
	for _, s := range steps {
		fmt.Printf("== %s\n", s.name)
		start := time.Now()
		leftOut, err := s.do(ctx)
		if err == nil && leftOut != "" && os.Getenv("CI") == "true" {
			err = errors.New(leftOut)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if leftOut != "" {
			fmt.Println("left out:", leftOut)
		}
		fmt.Printf("   %.1f s\n", time.Since(start).Seconds())
	}
	fmt.Println("All checks passed.")
	return nil
}

// A module is the folder of one.
type module string

func (m module) title(what string) string {
	if m == "." {
		return what
	}
	return what + " in " + string(m)
}

func (m module) command(name string, args ...string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = string(m)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		return "", cmd.Run()
	}
}

// gofmt formats nothing.
func gofmt(ctx context.Context) (string, error) {
	files, err := ours(".go")
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, "gofmt", append([]string{"-l"}, files...)...).CombinedOutput()
	if err != nil || len(out) > 0 {
		return "", fmt.Errorf("these files are not formatted, run gofmt -w on them:\n%s", out)
	}
	return "", nil
}

// ours returns the files whose names end so, without those that tools have put
// there: node_modules has Go templates that are not Go.
func ours(end string) ([]string, error) {
	files, err := checkout.Files(".")
	return slices.DeleteFunc(files, func(name string) bool { return !strings.HasSuffix(name, end) }), err
}

// lintWorkflows checks the workflows alone: what actionlint would run on the
// scripts in them differs from machine to machine.
func lintWorkflows(ctx context.Context) (string, error) {
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		return "", errors.New("found no workflows to check")
	}
	return module(".").command("go", append([]string{"run", actionlint, "-shellcheck=", "-pyflakes="}, files...)...)(ctx)
}

// hooklint is the module of the analyzer that knows how hooks are to be used.
const hooklint = "postinvoke/hooklint"

// lintHooks runs it over our own code.
func lintHooks(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "check")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "hooklint")
	build := module(hooklint).command("go", "build", "-buildvcs=false", "-o", path, "./cmd/hooklint") // as its tests do
	if _, err := build(ctx); err != nil {
		return "", err
	}
	for _, m := range []module{".", "recipes"} {
		if _, err := m.command("go", "vet", "-vettool="+path, "./...")(ctx); err != nil {
			return "", err
		}
	}
	return "", nil
}

const noNode = "what needs Node.js: the CDK app"

func hasNode() bool {
	_, err := exec.LookPath("npm")
	return err == nil
}

// installCDK installs the cdk command that package-lock.json pins.
func installCDK(ctx context.Context) (string, error) {
	if !hasNode() {
		return noNode, nil
	}
	return module(".").command("npm", "ci", "--no-audit", "--no-fund")(ctx)
}

// synth makes the cloud assembly, and has CDK validate it.
func synth(ctx context.Context) (string, error) {
	if !hasNode() {
		return noNode, nil
	}
	return module(".").command("node_modules/.bin/cdk", "synth", "-q", "--strict")(ctx)
}
