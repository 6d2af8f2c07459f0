package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"example.com/postinvoke/demo/browser"
)

// test runs the tests with the race detector, if there is one. Those of
// packages that use jsii run without it: jsii-runtime-go v1.142.0 has a race of
// its own when it ends its Node process (two calls of Wait).
//
// Results are never taken from the cache: the go command does not see that they
// depend on the programs that the tests compile.
func (m module) test(ctx context.Context) (string, error) {
	list := exec.CommandContext(ctx, "go", "list", "-f", `{{.ImportPath}} {{join .Deps " "}}`, "./...")
	list.Dir = string(m)
	all, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("list the packages: %w", err)
	}
	var ours, jsii []string
	for line := range strings.Lines(string(all)) {
		deps := strings.Fields(line)
		if slices.Contains(deps, "github.com/aws/jsii-runtime-go") {
			jsii = append(jsii, deps[0])
		} else {
			ours = append(ours, deps[0])
		}
	}
	args := []string{"test", "-count=1", "-timeout=20m"}
	race, leftOut := []string{"-race"}, m.skipped()
	if !hasRaceDetector(ctx) {
		race, leftOut = nil, append(leftOut, "the race detector, which needs cgo and a C compiler")
	}
	if _, err := m.command("go", slices.Concat(args, race, ours)...)(ctx); err != nil {
		return "", err
	}
	if len(jsii) > 0 {
		_, err = m.command("go", slices.Concat(args, jsii)...)(ctx)
	}
	return strings.Join(leftOut, "; "), err
}

// skipped returns what the tests skip on this machine: they say so themselves,
// but only go test -v shows it.
func (m module) skipped() []string {
	if m != "." {
		return nil
	}
	var skipped []string
	if !hasNode() {
		skipped = append(skipped, noNode)
	}
	if _, err := browser.Find(); err != nil {
		skipped = append(skipped, "the demo's pages, which Chromium or Chrome shows")
	}
	other := "aarch64"
	if runtime.GOARCH == "arm64" {
		other = "x86_64"
	}
	if _, err := exec.LookPath("qemu-" + other); err != nil {
		skipped = append(skipped, "the example function for "+other+", which qemu-user runs")
	}
	return skipped
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

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// fuzz runs each fuzz target for a moment, beyond its corpus. CONTRIBUTING.md
// says how to run one for longer.
func fuzz(ctx context.Context) (string, error) {
	files, err := exec.CommandContext(ctx, "go", "list", "-f",
		`{{$dir := .Dir}}{{range .TestGoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}`, "./...").Output()
	if err != nil {
		return "", fmt.Errorf("list the tests: %w", err)
	}
	for _, file := range strings.Fields(string(files)) {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		for _, target := range fuzzTarget.FindAllSubmatch(content, -1) {
			name := "^" + string(target[1]) + "$"
			if _, err := module(filepath.Dir(file)).command("go", "test", "-run=^$", "-fuzz="+name, "-fuzztime=3s", "-fuzzminimizetime=5x", ".")(ctx); err != nil {
				return "", err
			}
		}
	}
	return "", nil
}
