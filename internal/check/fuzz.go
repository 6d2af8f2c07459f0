package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"example.com/postinvoke/internal/checkout"
)

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
		for _, target := range fuzzTarget.FindAllSubmatch(content, -1) {
			began := time.Now()
			dir, name := filepath.Dir(file), string(target[1])
			cmd := exec.CommandContext(ctx, "go", "test", "-vet=off", "-run=^$", "-fuzz=^"+name+"$",
				"-fuzztime=3s", "-fuzzminimizetime=5x", "./"+dir)
			out := &output{reporter: r}
			cmd.Stdout = out
			if err := r.exec(cmd); err != nil && !onlyTimeIsUp(out.String()) {
				r.printf("%s", out)
				return fmt.Errorf("%s in %s: %w", name, dir, err)
			}
			r.printf("   %-46s %6.1f s", name+" in "+dir, time.Since(began).Seconds())
		}
	}
	return nil
}

// onlyTimeIsUp reports whether go test has failed because the time for fuzzing has
// passed, which is a race in Go before 1.27 (https://go.dev/issue/75804). What fails
// on an input prints where the input is.
func onlyTimeIsUp(output string) bool {
	return strings.Contains(output, "\n    context deadline exceeded\n") &&
		!strings.Contains(output, "Failing input written to")
}
