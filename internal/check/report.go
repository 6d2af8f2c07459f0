package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxSilence is the longest time without a line while a step runs.
const maxSilence = 30 * time.Second

// A reporter prints what the steps do.
type reporter struct {
	out   io.Writer
	began time.Time

	mu      sync.Mutex
	silence *time.Timer         // prints a line if there is none for some time
	doing   string              // what the step does just now
	leftOut map[string][]string // names of steps and packages, by what they lack
}

func newReporter(out io.Writer) *reporter {
	return &reporter{out: out, began: time.Now(), leftOut: map[string][]string{}}
}

func (r *reporter) printf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, format+"\n", args...)
	if r.silence != nil {
		r.silence.Reset(maxSilence)
	}
}

// step runs a step, and prints its name and time.
func (r *reporter) step(ctx context.Context, name string, run func(context.Context, *reporter) error) error {
	began := time.Now()
	r.doing = ""
	r.silence = time.AfterFunc(maxSilence, func() {
		r.mu.Lock()
		doing := r.doing
		r.mu.Unlock()
		r.printf("%s … %.0f s so far. %s", name, time.Since(began).Seconds(), doing)
	})
	err := run(ctx, r)
	r.printf("%-44s %6.1f s", name, time.Since(began).Seconds())
	r.silence.Stop()
	return err
}

// does notes what the step does just now.
func (r *reporter) does(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doing = what
}

// exec runs a command. What it prints is shown if it fails.
func (r *reporter) exec(cmd *exec.Cmd) error {
	out := &output{reporter: r}
	cmd.Stderr = out
	if cmd.Stdout == nil {
		cmd.Stdout = out
	}
	err := cmd.Run()
	if err != nil && out.Len() > 0 {
		r.printf("%s", bytes.TrimSpace(out.Bytes()))
	}
	return err
}

// An output is what a command has printed. Its last line is what the step does.
type output struct {
	*reporter
	bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	if lines := bytes.TrimSpace(p); len(lines) > 0 {
		o.does(string(lines[bytes.LastIndexByte(lines, '\n')+1:]))
	}
	return o.Buffer.Write(p)
}

// leaveOut notes what a step or package does without. In CI that is an error.
func (r *reporter) leaveOut(where, missing string) error {
	if os.Getenv("CI") == "true" {
		return errors.New("nothing is left out in CI: " + missing)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.leftOut[missing], where) {
		r.leftOut[missing] = append(r.leftOut[missing], where)
	}
	return nil
}

// summary prints the result, and what was left out.
func (r *reporter) summary() {
	passed := fmt.Sprintf("All checks passed in %s", time.Since(r.began).Round(time.Second))
	if len(r.leftOut) == 0 {
		r.printf("%s. Nothing was left out.", passed)
		return
	}
	r.printf("%s, without these, which this machine lacks something for:", passed)
	for _, missing := range slices.Sorted(maps.Keys(r.leftOut)) {
		r.printf("   %s (%s)", missing, strings.Join(r.leftOut[missing], ", "))
	}
}
