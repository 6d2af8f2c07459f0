package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxSilence is the longest time without a line while a step runs.
const maxSilence = 30 * time.Second

// A step is one thing to check.
type step struct {
	name string
	run  func(context.Context, *reporter) error
}

// A reporter prints what the steps do. As a writer it is for whole lines of them.
type reporter struct {
	out   io.Writer
	began time.Time

	mu     sync.Mutex
	failed []string // names of steps
}

func newReporter(out io.Writer) *reporter { return &reporter{out: out, began: time.Now()} }

func (r *reporter) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.Write(p)
}

// run runs a step, and prints its name and time. A step that fails does not keep
// others from running.
func (r *reporter) run(ctx context.Context, s step) {
	if ctx.Err() != nil {
		return
	}
	began := time.Now()
	line := func(what string) {
		fmt.Fprintf(r, "%-44s %6.1f s%s\n", s.name, time.Since(began).Seconds(), what)
	}
	done := make(chan error, 1)
	go func() { done <- s.run(ctx, r) }()
	err := await(done, func() { line(" so far") })
	if err == nil {
		line("")
		return
	}
	line(fmt.Sprintf(": %v", err))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = append(r.failed, s.name)
}

// await returns what comes from done, and calls progress until then.
func await(done <-chan error, progress func()) error {
	for {
		select {
		case err := <-done:
			return err
		case <-time.After(maxSilence):
			progress()
		}
	}
}

// summary prints the result, and what was left out: the lines of the reader.
func (r *reporter) summary(leftOut io.Reader) error {
	if len(r.failed) > 0 {
		return errors.New("these steps failed: " + strings.Join(r.failed, ", "))
	}
	text, err := io.ReadAll(leftOut)
	if err != nil {
		return err
	}
	passed := fmt.Sprintf("All checks passed in %s", time.Since(r.began).Round(time.Second))
	if len(text) == 0 {
		fmt.Fprintf(r, "%s. Nothing was left out.\n", passed)
		return nil
	}
	fmt.Fprintf(r, "%s, without these, which this machine lacks something for:\n", passed)
	for _, line := range slices.Compact(slices.Sorted(strings.Lines(string(text)))) {
		fmt.Fprintf(r, "   %s", line)
	}
	return nil
}
