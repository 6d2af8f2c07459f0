package soak_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/internal/soak"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

var invocations = flag.Int("invocations", 1500, "how many invocations each environment serves")

const (
	warmUp = 300 // invocations before the first look at what is in use
	resets = 3
)

// With the race detector on there is a second run without it: it keeps books on
// all goroutines that ever were, so that the memory of a process never stops
// growing.
func TestNoHookIsLostAndNothingGrows(t *testing.T) {
	if raceDetector() {
		t.Run("with the race detector", func(t *testing.T) {
			bothWays(t, func(t *testing.T, cfg lambdaenv.Config) { serveMany(t, cfg) })
		})
	}
	t.Run("as deployed", func(t *testing.T) {
		// With cgo every os.Setenv goes to a C library that never frees the old
		// value: aws-lambda-go sets the trace of each invocation.
		t.Setenv("CGO_ENABLED", "0")
		bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
			before, after := serveMany(t, cfg)
			after.wantNoMoreMemoryThan(t, before)
		}, "-race=false")
	})
}

// serveMany has an environment serve many invocations without a reset. It
// returns what is in use after a few and after all of them.
func serveMany(t *testing.T, cfg lambdaenv.Config) (before, after usage) {
	t.Helper()
	s := start(t, cfg)
	plans := newPlanner()
	for range warmUp {
		s.serve(plans.plan(), plans.IntN(2) == 0)
	}
	before = s.measure()
	for range *invocations - warmUp {
		s.serve(plans.plan(), plans.IntN(2) == 0)
	}
	after = s.measure()
	t.Logf("%d invocations, %d freezes; in use before and after:\n%v\n%v", *invocations, s.ledger.freezes, before, after)
	after.wantNoMoreThan(t, before)
	if got, want := s.ledger.freezes, *invocations/4; got < want {
		t.Errorf("got %d freezes, want at least %d", got, want)
	}
	s.wantNothingOpen()

	if got, want := s.goroutinesOfExtension(), start(t, cfg).goroutinesOfExtension(); got != want {
		t.Errorf("got %d goroutines in the extension, want %d as in a new one", got, want)
	}
	return before, after
}

// A panic of a handler ends its process: that is no part of the steady state,
// but hooks count all the same.
func TestNoHookIsLostInResets(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		s := start(t, cfg)
		plans := newPlanner()
		for range resets {
			plan := plans.plan()
			plan.Ends = soak.Panic
			neverWait(plan.Hooks)
			s.serve(plan, true)
			for range 5 {
				s.serve(plans.plan(), true)
			}
		}
		if s.ledger.resets != resets {
			t.Errorf("got %d resets, want %d", s.ledger.resets, resets)
		}
		s.wantNothingOpen()
	})
}

// neverWait has Go not wait for a response that comes after the hooks.
func neverWait(hooks []soak.Hook) {
	for i := range hooks {
		hooks[i].Waits = false
		neverWait(hooks[i].Then)
	}
}

// bothWays runs a test of what must be the same with the layer and without it.
// flags are those of go build.
func bothWays(t *testing.T, test func(t *testing.T, cfg lambdaenv.Config), flags ...string) {
	cfg := lambdaenv.Config{
		Function:  lambdaenvtest.Build(t, "./testdata/mixed", flags...),
		LogFormat: lambdaenv.JSON,
	}
	t.Run("without the layer", func(t *testing.T) { test(t, cfg) })
	t.Run("with the layer", func(t *testing.T) {
		cfg := cfg
		cfg.Extensions = []string{lambdaenvtest.Build(t, "extension", flags...)}
		test(t, cfg)
	})
}

// A subject is an environment under test, with its ledger. It does without
// lambdaenvtest.Start, which would show the whole log of a test that fails.
type subject struct {
	*lambdaenv.Environment
	t      *testing.T
	ledger *ledger
	open   []job // not checked yet
}

// A job is an invocation and its plan.
type job struct {
	requestID string
	plan      soak.Plan
}

func start(t *testing.T, cfg lambdaenv.Config) *subject {
	t.Helper()
	s := &subject{t: t, ledger: newLedger(cfg.MaxConcurrency > 0)}
	cfg.Observe = s.ledger.observe
	// Else the race detector has a process linger at its end.
	cfg.Env = append(slices.Clone(cfg.Env), "GORACE=atexit_sleep_ms=0")
	var err error
	if s.Environment, err = lambdaenv.Start(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// patience bounds every wait.
const patience = time.Minute

// serve has an invocation served. If idle is set it waits for the freeze, and
// checks this invocation and those before it; else the next one may come while
// hooks still run, and the environment is not frozen in between.
func (s *subject) serve(plan soak.Plan, idle bool) {
	s.t.Helper()
	requestID, err := s.invoke(plan)
	if err != nil {
		s.t.Fatal(err)
	}
	s.open = append(s.open, job{requestID, plan})
	if !idle {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := s.WaitIdle(ctx); err != nil {
		s.t.Fatal(err)
	}
	s.checkOpen()
}

// invoke returns the request id of an invocation that went as planned.
func (s *subject) invoke(plan soak.Plan) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	response, err := s.Invoke(ctx, encoded(plan))
	if err != nil {
		return "", err
	}
	if failed := response.FunctionError != ""; failed != (plan.Ends != soak.Returns) {
		return "", fmt.Errorf("got response %s to plan %s", response.Payload, encoded(plan))
	}
	return response.RequestID, nil
}

// checkOpen checks the invocations that are over.
func (s *subject) checkOpen() {
	s.t.Helper()
	for _, j := range s.open {
		if wrong := s.ledger.check(j.requestID, j.plan); len(wrong) > 0 {
			s.t.Fatalf("invocation %s of plan %s:\n%s\nits log:\n%s",
				j.requestID, encoded(j.plan), strings.Join(wrong, "\n"), s.logOf(j.requestID))
		}
	}
	s.open = nil
}

// logOf returns what the log says about an invocation.
func (s *subject) logOf(requestID string) string {
	var b strings.Builder
	for _, e := range s.Entries() {
		if e.RequestID == requestID || strings.Contains(e.Text, requestID) {
			fmt.Fprintf(&b, "\t%s %-9s %-14s %s\n", e.Time.Format("15:04:05.000000"), e.Source, e.Kind, e.Text)
		}
	}
	return b.String()
}

// wantNothingOpen checks that every invocation was checked, and that nothing was
// heard of it after that.
func (s *subject) wantNothingOpen() {
	s.t.Helper()
	s.checkOpen()
	if rest := s.ledger.rest(); len(rest) > 0 {
		s.t.Errorf("got news of invocations %v after they were over", rest)
	}
}

func encoded(plan soak.Plan) []byte {
	event, err := json.Marshal(plan)
	if err != nil {
		panic(err) // strings marshal
	}
	return event
}
