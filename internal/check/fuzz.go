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
			if err := r.exec(cmd); err != nil {
				return fmt.Errorf("%s in %s: %w", name, dir, err)
			}
			r.printf("   %-46s %6.1f s", name+" in "+dir, time.Since(began).Seconds())
		}
	}
	return nil
}
