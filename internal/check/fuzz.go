package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"example.com/postinvoke/internal/checkout"
)

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// fuzz runs each fuzz target for a moment, beyond its corpus. CONTRIBUTING.md
// says how to run one for longer.
func fuzz(ctx context.Context, r *reporter) error {
	files, err := checkout.Files(".")
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	var failed error
	turns := make(chan struct{}, 2) // one target compiles while another runs
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, target := range fuzzTarget.FindAllSubmatch(content, -1) {
			group.Go(func() {
				turns <- struct{}{}
				defer func() { <-turns }()
				if err := fuzzOne(ctx, r, filepath.Dir(file), string(target[1])); err != nil {
					mu.Lock()
					defer mu.Unlock()
					failed = errors.Join(failed, err)
				}
			})
		}
	}
	group.Wait()
	return failed
}

func fuzzOne(ctx context.Context, r *reporter, dir, target string) error {
	began := time.Now()
	cmd := exec.CommandContext(ctx, "go", "test", "-vet=off", "-run=^$", "-fuzz=^"+target+"$",
		"-fuzztime=3s", "-fuzzminimizetime=5x", "-parallel=2", "./"+dir)
	if err := r.exec(cmd); err != nil {
		return fmt.Errorf("%s in %s: %w", target, dir, err)
	}
	r.printf("   %-46s %6.1f s", target+" in "+dir, time.Since(began).Seconds())
	return nil
}
