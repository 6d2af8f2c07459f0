// Package lambdaenvtest lets a test run a function and its extensions in a
// local execution environment:
//
//	function := lambdaenvtest.Build(t, "./testdata/hello")
//	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function})
//	response := env.Invoke(`{"name": "Ada"}`)
//	report := env.WaitIdle()
//	env.Shutdown()
//	lines := env.Lines()
//
// An error in between is fatal to the test. If the test has failed, its output has
// the log of the environment.
package lambdaenvtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// timeout bounds every wait, so that a hung process gives a failed test with
// a log instead of a stack dump of the test binary.
const timeout = 60 * time.Second

// An Env is an execution environment of one test.
type Env struct {
	*lambdaenv.Environment

	t       testing.TB
	mu      sync.Mutex
	entries []lambdaenv.Entry
	changed chan struct{} // closed and replaced at each entry
}

// Start starts an environment and returns when it is frozen for the first
// time. It is closed when the test ends.
func Start(t testing.TB, cfg lambdaenv.Config) *Env {
	t.Helper()
	env, err := TryStart(t, cfg)
	if err != nil {
		t.Fatalf("start: %v\n%s", err, env.dump())
	}
	return env
}

// TryStart is Start for a test that expects an error. The Env it returns with
// an error has a log and nothing else.
func TryStart(t testing.TB, cfg lambdaenv.Config) (*Env, error) {
	t.Helper()
	env := &Env{t: t, changed: make(chan struct{})}
	if raceEnabled {
		// The race detector would have a process linger for a second at its
		// end, which is longer than the Shutdown phase leaves it.
		cfg.Env = append([]string{"GORACE=atexit_sleep_ms=0"}, cfg.Env...)
	}
	observe := cfg.Observe
	cfg.Observe = func(e lambdaenv.Entry) {
		if observe != nil {
			observe(e) // before the caller of Await can know of the entry
		}
		env.mu.Lock()
		env.entries = append(env.entries, e)
		close(env.changed)
		env.changed = make(chan struct{})
		env.mu.Unlock()
	}
	var err error
	env.Environment, err = lambdaenv.Start(context.Background(), cfg)
	if err != nil {
		return env, err
	}
	t.Cleanup(func() {
		if err := env.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if t.Failed() {
			t.Log("the log of the environment:\n" + env.dump())
		}
	})
	return env, nil
}

// Invoke returns the response of the function, or of Lambda in its place.
func (e *Env) Invoke(payload string) *lambdaenv.Response {
	e.t.Helper()
	return must(e, "invoke", func(ctx context.Context) (*lambdaenv.Response, error) {
		return e.Environment.Invoke(ctx, []byte(payload))
	})
}

// WaitIdle waits until all is frozen, and returns the report of the last
// invocation.
func (e *Env) WaitIdle() *lambdaenv.Report {
	e.t.Helper()
	return must(e, "wait until idle", e.Environment.WaitIdle)
}

// Shutdown runs the Shutdown phase for the reason "spindown".
func (e *Env) Shutdown() *lambdaenv.ShutdownReport {
	e.t.Helper()
	return must(e, "shut down", func(ctx context.Context) (*lambdaenv.ShutdownReport, error) {
		return e.Environment.Shutdown(ctx, "")
	})
}

// must returns the result of f, which has a limited time for it.
func must[T any](e *Env, what string, f func(context.Context) (T, error)) T {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	result, err := f(ctx)
	if err != nil {
		e.t.Fatalf("%s: %v", what, err)
	}
	return result
}

// Entries returns the log so far, also of an environment that did not start.
func (e *Env) Entries() []lambdaenv.Entry {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.entries)
}

// Lines returns the lines of the log so far, as CloudWatch has them.
func (e *Env) Lines() []string {
	var lines []string
	for _, entry := range e.Entries() {
		if entry.Kind == lambdaenv.Line {
			lines = append(lines, entry.Text)
		}
	}
	return lines
}

// Await returns the first entry that match accepts, of those there are or that
// come. what names it when it does not come.
func (e *Env) Await(what string, match func(lambdaenv.Entry) bool) lambdaenv.Entry {
	e.t.Helper()
	expired := time.After(timeout)
	for seen := 0; ; {
		e.mu.Lock()
		entries, changed := e.entries, e.changed
		e.mu.Unlock()
		for ; seen < len(entries); seen++ {
			if match(entries[seen]) {
				return entries[seen]
			}
		}
		select {
		case <-changed:
		case <-expired:
			e.t.Fatalf("timed out while waiting for %s", what)
		}
	}
}

// AwaitLine returns the first line of the log that contains text, if need be
// when it comes.
func (e *Env) AwaitLine(text string) lambdaenv.Entry {
	e.t.Helper()
	return e.Await(fmt.Sprintf("a line with %q", text), func(entry lambdaenv.Entry) bool {
		return entry.Kind == lambdaenv.Line && strings.Contains(entry.Text, text)
	})
}

func (e *Env) dump() string {
	var b strings.Builder
	for _, entry := range e.Entries() {
		fmt.Fprintf(&b, "\t%s %-9s %-14s %s %s\n",
			entry.Time.Format("15:04:05.000000"), entry.Source, entry.Kind, entry.Name, entry.Text)
	}
	return b.String()
}
