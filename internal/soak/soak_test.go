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

var invocations = flag.Int("invocations", 1500,
	"how many invocations an environment serves one after the other; with the race detector, or at once, a third of it")

const (
	warmUp     = 300  // invocations before the first look at what is in use
	secondLook = 2000 // invocations before another one
	resets     = 3
)

// The race detector keeps a record of all goroutines that ever ran, so that the
// memory of a process never stops growing. Memory is measured without it.
func TestNoHookIsLostAndNothingGrows(t *testing.T) {
	t.Parallel()
	if raceDetector() {
		t.Run("with the race detector", func(t *testing.T) {
			bothWays(t, func(t *testing.T, cfg lambdaenv.Config) { serveMany(t, cfg, *invocations/3) })
		})
	}
	t.Run("as deployed", func(t *testing.T) {
		// Without cgo, as on Lambda: with it every os.Setenv goes to a C library
		// that never frees the old value, and aws-lambda-go sets the trace of each
		// invocation.
		bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
			before, after := serveMany(t, cfg, *invocations)
			after.wantNoMoreMemoryThan(t, before)
		}, "-race=false", "-tags=netgo,osusergo")
	})
}

// serveMany serves n invocations in an environment without a reset. It returns
// what is in use after a few and after all of them.
func serveMany(t *testing.T, cfg lambdaenv.Config, n int) (before, after usage) {
	t.Helper()
	s := start(t, cfg)
	plans := newPlanner()
	count := 0
	serveUntil := func(n int) usage {
		for ; count < n; count++ {
			s.serve(plans.plan(), plans.IntN(2) == 0)
		}
		u := s.measure()
		t.Logf("in use after %d invocations, %d freezes:\n%v", count, s.recorder.freezes, u)
		return u
	}
	before = serveUntil(warmUp)
	if n > secondLook {
		serveUntil(secondLook)
	}
	after = serveUntil(n)
	after.wantNoMoreThan(t, before)
	if got, want := s.recorder.freezes, n/4; got < want {
		t.Errorf("got %d freezes, want at least %d", got, want)
	}
	s.shutDown()
	return before, after
}

// A panic of a handler ends its process. It is not part of the steady state, but
// its hooks count too.
func TestNoHookIsLostInResets(t *testing.T) {
	t.Parallel()
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
		if s.recorder.resets != resets {
			t.Errorf("got %d resets, want %d", s.recorder.resets, resets)
		}
		s.shutDown()
	})
}

// neverWait makes hooks of Go not wait for a response that comes after them.
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
	t.Run("without the layer", func(t *testing.T) {
		t.Parallel()
		test(t, cfg)
	})
	t.Run("with the layer", func(t *testing.T) {
		t.Parallel()
		cfg := cfg
		cfg.Extensions = []string{lambdaenvtest.Build(t, "extension", flags...)}
		test(t, cfg)
	})
}

// An environment is under test, with what was recorded of it. lambdaenvtest.Start
// would show the whole log of a test that fails, which is too long here.
type environment struct {
	*lambdaenv.Environment
	t        *testing.T
	recorder *recorder
	layer    bool
	open     []served // not checked yet
	total    counts   // of all plans that were served
}

// A served is an invocation and its plan.
type served struct {
	requestID string
	plan      soak.Plan
}

func start(t *testing.T, cfg lambdaenv.Config) *environment {
	t.Helper()
	s := &environment{t: t, recorder: newRecorder(cfg.MaxConcurrency > 0), layer: len(cfg.Extensions) > 0}
	cfg.Observe = s.recorder.observe
	// By default the race detector delays the end of a process by a second.
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

// timeout bounds every wait.
const timeout = time.Minute

// serve serves an invocation. If idle is set it waits for the freeze, and checks
// this invocation and those before it; else the next one may start while hooks
// still run, without a freeze in between.
func (s *environment) serve(plan soak.Plan, idle bool) {
	s.t.Helper()
	requestID, err := s.invoke(plan)
	if err != nil {
		s.t.Fatal(err)
	}
	s.open = append(s.open, served{requestID, plan})
	if !idle {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if _, err := s.WaitIdle(ctx); err != nil {
		s.t.Fatal(err)
	}
	s.checkOpen()
}

// invoke returns the request id of an invocation that went as planned.
func (s *environment) invoke(plan soak.Plan) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
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

// checkOpen checks the invocations that have finished.
func (s *environment) checkOpen() {
	s.t.Helper()
	for _, v := range s.open {
		if wrong := s.recorder.check(v.requestID, v.plan); len(wrong) > 0 {
			s.t.Fatalf("invocation %s of plan %s:\n%s\nits log:\n%s",
				v.requestID, encoded(v.plan), strings.Join(wrong, "\n"), s.logOf(v.requestID))
		}
		s.total.add(v.plan)
	}
	s.open = nil
}

// logOf returns what the log says about an invocation.
func (s *environment) logOf(requestID string) string {
	var b strings.Builder
	for _, e := range s.Entries() {
		if e.RequestID == requestID || strings.Contains(e.Text, requestID) {
			fmt.Fprintf(&b, "\t%s %-9s %-14s %s\n", e.Time.Format("15:04:05.000000"), e.Source, e.Kind, e.Text)
		}
	}
	return b.String()
}

// shutDown ends the environment, and checks that every invocation was checked,
// that nothing was logged about it after that, and that the extension counts
// what was served.
func (s *environment) shutDown() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if _, err := s.Shutdown(ctx, ""); err != nil {
		s.t.Fatal(err)
	}
	s.checkOpen()
	if late := s.recorder.unchecked(); len(late) > 0 {
		s.t.Errorf("got records of invocations %v after they were checked", late)
	}
	if got := s.recorder.counted; s.layer && got != s.total {
		s.t.Errorf("the extension counts %+v, want %+v", got, s.total)
	}
}

func encoded(plan soak.Plan) []byte {
	event, err := json.Marshal(plan)
	if err != nil {
		panic(err) // strings marshal
	}
	return event
}
