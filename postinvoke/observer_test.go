package postinvoke_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
	"example.com/postinvoke/record"
)

// A printedResult is a result that the scenarios' observer has printed.
type printedResult struct {
	Function, Err  string
	Enabled, Ended bool // what the context was like
	Result         struct {
		postinvoke.HookResult
		Responded                  time.Time
		ColdStart                  bool
		Hooks, Failures, Abandoned any // Abandoned of a hook is a time
	}
}

func observed(t *testing.T, env *lambdaenvtest.Env) []printedResult {
	t.Helper()
	var all []printedResult
	for _, e := range env.Entries() {
		line, ok := strings.CutPrefix(e.Text, "observed ")
		if e.Source != lambdaenv.Function || !ok {
			continue
		}
		var r printedResult
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if r.Enabled || r.Ended {
			t.Errorf("hooks can be registered with the context: %t, it has ended: %t: %s", r.Enabled, r.Ended, line)
		}
		all = append(all, r)
	}
	return all
}

// summary is a result in a line, without times and names.
func (r printedResult) summary() string {
	s := r.Function
	if r.Result.Outcome != "" {
		s += " " + string(r.Result.Outcome)
	}
	return s
}

// startObserved starts the scenarios with an observer.
func startObserved(t *testing.T, cfg lambdaenv.Config, env ...string) *lambdaenvtest.Env {
	cfg.LogFormat = lambdaenv.JSON
	cfg.Env = append(env, "OBSERVE=1")
	return startScenarios(t, cfg)
}

func TestAnObserverGetsEveryResultOnce(t *testing.T) {
	tests := []struct {
		do   []string
		want []string
	}{
		{[]string{"nothing"}, []string{"invocation ok"}},
		{[]string{"order"}, []string{"hook ok", "hook ok", "hook ok", "invocation ok"}},
		{[]string{"error"}, []string{"hook ok", "invocation error"}},
		{[]string{"stream"}, []string{"hook ok", "invocation ok"}},
		{[]string{"panic"}, []string{"hook ok", "hook ok", "invocation panic"}},
		{[]string{"failing"}, []string{
			"hook panic", "hook ok", "hook panic", "hook error", "hook error", "hook ok", "invocation ok",
		}},
		{[]string{"save", "late"}, []string{"hook ok", "invocation ok", "hook refused", "hook ok", "invocation ok"}},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.do, " "), func(t *testing.T) {
			env := startObserved(t, lambdaenv.Config{})
			for _, scenario := range test.do {
				env.Invoke(do(scenario))
				env.WaitIdle()
			}
			var got []string
			for _, r := range observed(t, env) {
				got = append(got, r.summary())
			}
			wantLines(t, got, test.want...)
		})
	}
}

func TestAnObserverGetsWhatTheRecordsSay(t *testing.T) {
	env := startObserved(t, lambdaenv.Config{}, "SHUTDOWN=order")
	res := env.Invoke(do("failing"))
	env.WaitIdle()
	results := observed(t, env)
	failed := records(t, env, record.HookFailed)
	failures := slices.DeleteFunc(slices.Clone(results), func(r printedResult) bool {
		return r.Function != "hook" || r.Result.Outcome == postinvoke.OutcomeOK
	})
	if len(failures) != len(failed) {
		t.Fatalf("got %d failures, want %d", len(failures), len(failed))
	}
	for i, r := range failures {
		if got, want := r.Result.Name, failed[i][record.Hook]; got != want {
			t.Errorf("got name %q, want %q", got, want)
		}
		text, ok := failed[i][record.Error].(string)
		if !ok {
			text = failed[i][record.Panic].(string)
		}
		if r.Result.RequestID != res.RequestID || !strings.Contains(r.Err, text) {
			t.Errorf("got request id %s and error %q, want %s and %q", r.Result.RequestID, r.Err, res.RequestID, text)
		}
		if h := r.Result; h.Queued.IsZero() || h.Started.Before(h.Queued) || h.Finished.Before(h.Started) {
			t.Errorf("got times %v, %v, %v, want them in order", h.Queued, h.Started, h.Finished)
		}
	}
	inv := results[len(results)-1].Result
	summary := summaryOf(t, env, res.RequestID)
	summary.want(t, map[string]any{
		record.HookCount: inv.Hooks, record.Failures: inv.Failures, record.Abandoned: inv.Abandoned,
		record.ColdStart: inv.ColdStart,
	})
	if summary[record.ResponseMs] == nil || inv.Responded.Before(inv.Started) {
		t.Errorf("got response time %v, in the record %v, want both", inv.Responded, summary[record.ResponseMs])
	}

	env.Shutdown()
	var got []string
	for _, r := range observed(t, env)[len(results):] {
		got = append(got, fmt.Sprint(r.summary(), " ", r.Result.Shutdown, r.Result.RequestID))
	}
	wantLines(t, got,
		"hook ok true", "hook panic true", "hook panic true", "hook error true", "hook ok true", "shutdown false")
}

func TestAnObserverGetsAHookThatIsAbandonedAndReturnsLater(t *testing.T) {
	env := startObserved(t, lambdaenv.Config{Timeout: time.Second})
	first := env.Invoke(do("overrun"))
	env.WaitIdle()
	env.Invoke(do("release"))
	env.WaitIdle()
	var results []printedResult
	late := -1
	for late < 0 { // nothing keeps the environment awake for it
		env.Invoke(do("nothing"))
		env.WaitIdle()
		results = observed(t, env)
		late = slices.IndexFunc(results, func(r printedResult) bool { return r.Function == "late hook" })
	}
	for i, r := range append(slices.Clone(results[:3]), results[late]) {
		want := []string{"hook abandoned", "hook abandoned", "invocation ok", "late hook ok"}[i]
		if got := r.summary(); got != want || r.Result.RequestID != first.RequestID {
			t.Errorf("got %q of invocation %s, want %q of %s", got, r.Result.RequestID, want, first.RequestID)
		}
	}
	waited, ran := results[0].Result, results[1].Result
	if !waited.Started.IsZero() || ran.Started.IsZero() {
		t.Errorf("got started %v and %v, want the last hook alone to have started", waited.Started, ran.Started)
	}
	if got := results[late].Result; got.Abandoned != ran.Abandoned || !got.Finished.After(ran.Finished) {
		t.Errorf("got abandoned at %v, later %v, want the same", ran.Abandoned, got.Abandoned)
	}
}

// A collector is an observer that keeps results.
type collector struct {
	mu          sync.Mutex
	hooks       []postinvoke.HookResult
	late        []postinvoke.HookResult
	invocations []postinvoke.InvocationResult
	shutdowns   []postinvoke.ShutdownResult
}

func (c *collector) observer() *postinvoke.Observer {
	return &postinvoke.Observer{
		Hook:       keep(c, &c.hooks),
		LateHook:   keep(c, &c.late),
		Invocation: keep(c, &c.invocations),
		Shutdown:   keep(c, &c.shutdowns),
	}
}

func keep[Result any](c *collector, all *[]Result) func(context.Context, Result) {
	return func(_ context.Context, r Result) {
		c.mu.Lock()
		defer c.mu.Unlock()
		*all = append(*all, r)
	}
}

// register is a handler that only registers hooks.
func register(hooks func(context.Context), o *postinvoke.Observer) func(context.Context, any) (any, error) {
	return postinvoke.Wrap(func(ctx context.Context, _ any) (any, error) {
		hooks(ctx)
		return nil, nil
	}, &postinvoke.Options{Observer: o, Logger: slog.New(slog.DiscardHandler)})
}

// Time is the bubble's: every duration is exact.
func TestTheTimesOfResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		env.Timeout = time.Minute
		c := &collector{}
		began := time.Now()
		inv := postinvoketest.Invoke(env, register(func(ctx context.Context) {
			time.Sleep(time.Second)
			postinvoke.Run(ctx, func() { time.Sleep(3 * time.Second) }, postinvoke.Name("long"))
			time.Sleep(time.Second)
		}, c.observer()), nil)
		time.Sleep(time.Second) // until the response was sent
		if err := inv.RunHooks(); err != nil {
			t.Error(err)
		}
		at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
		h, i := c.hooks[0], c.invocations[0]
		wantHook := postinvoke.HookResult{
			Name: "long", RequestID: h.RequestID, Outcome: postinvoke.OutcomeOK, Queued: at(1), Started: at(3), Finished: at(6),
		}
		if h != wantHook || h.RequestID == "" {
			t.Errorf("got hook\n%+v, want\n%+v", h, wantHook)
		}
		wantInvocation := postinvoke.InvocationResult{
			RequestID: h.RequestID, ColdStart: i.ColdStart, Outcome: postinvoke.OutcomeOK,
			Started: at(0), Returned: at(2), Responded: at(3), HooksStarted: at(3), Finished: at(6), Hooks: 1,
		}
		if i != wantInvocation {
			t.Errorf("got invocation\n%+v, want\n%+v", i, wantInvocation)
		}
	})
}

func TestAnObserverGetsHooksThatDoNotFinish(t *testing.T) {
	type function = func(context.Context) error
	tests := []struct {
		name     string
		register func(ctx context.Context, forever function, shutdown func() error)
		handler  postinvoke.Outcome
		started  bool
		reason   string
	}{
		{"the handler has no time left", func(ctx context.Context, forever function, _ func() error) {
			postinvoke.Go(ctx, forever)
			time.Sleep(time.Minute)
		}, postinvoke.OutcomeTimeout, true, "it still ran when its time was up"},
		{"its own timeout has passed", func(ctx context.Context, forever function, _ func() error) {
			postinvoke.RunContext(ctx, forever, postinvoke.Timeout(time.Second))
		}, postinvoke.OutcomeOK, true, "it did not return within its timeout of 1s"},
		{"the environment shuts down", func(ctx context.Context, forever function, shutdown func() error) {
			postinvoke.Go(ctx, forever)
			shutdown()
		}, postinvoke.OutcomeStopped, true, "it did not return when the environment was shut down"},
		{"the environment shuts down first", func(ctx context.Context, forever function, shutdown func() error) {
			postinvoke.RunContext(ctx, forever)
			shutdown()
		}, postinvoke.OutcomeStopped, false, "it had not started when the environment was shut down"},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			env := postinvoketest.New(t)
			env.Timeout = time.Minute
			end := make(chan struct{})
			forever := func(context.Context) error { <-end; return nil }
			c := &collector{}
			handler := register(func(ctx context.Context) { test.register(ctx, forever, env.Shutdown) }, c.observer())
			if err := postinvoketest.Invoke(env, handler, nil).RunHooks(); !errors.Is(err, postinvoke.ErrAbandoned) {
				t.Errorf("%s: got %v, want ErrAbandoned", test.name, err)
			}
			if len(c.hooks) != 1 || len(c.invocations) != 1 {
				t.Fatalf("%s: got hooks %+v and invocations %+v, want one of each", test.name, c.hooks, c.invocations)
			}
			h, i := c.hooks[0], c.invocations[0]
			isAbandoned := h.Outcome == postinvoke.OutcomeAbandoned && errors.Is(h.Err, postinvoke.ErrAbandoned)
			if !isAbandoned || h.Reason != test.reason {
				t.Errorf("%s: got %s, %v, reason %q", test.name, h.Outcome, h.Err, h.Reason)
			}
			if h.Started.IsZero() == test.started || !h.Abandoned.Equal(h.Finished) {
				t.Errorf("%s: got started %v, abandoned %v", test.name, h.Started, h.Abandoned)
			}
			if i.Outcome != test.handler || i.Abandoned != 1 || i.Failures != 0 {
				t.Errorf("%s: got %+v, want outcome %s", test.name, i, test.handler)
			}
			close(end)
			synctest.Wait()
			returned := len(c.late) == 1 && c.late[0].Outcome == postinvoke.OutcomeOK && c.late[0].Abandoned.Equal(h.Abandoned)
			if returned != test.started {
				t.Errorf("%s: got late results %+v", test.name, c.late)
			}
		})
	}
}

func TestAnObserverGetsShutdownFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		first, second := &collector{}, &collector{}
		register(nil, first.observer())
		register(nil, second.observer())
		postinvoke.Shutdown(func() { t.Error("called when no time was left") })
		postinvoke.Shutdown(func() { time.Sleep(time.Hour) })
		postinvoke.Shutdown(func() { panic(errDisk) })
		if err := env.Shutdown(); !errors.Is(err, errDisk) || !errors.Is(err, postinvoke.ErrAbandoned) {
			t.Errorf("got %v", err)
		}
		if len(second.hooks)+len(second.shutdowns) > 0 {
			t.Errorf("the observer of the second handler got %+v and %+v", second.hooks, second.shutdowns)
		}
		var got []string
		for _, h := range first.hooks {
			got = append(got, fmt.Sprintf("%v %v %v", h.Outcome, h.Shutdown, !h.Started.IsZero()))
		}
		wantLines(t, got, "panic true true", "abandoned true true", "abandoned true false")
		p, ok := errors.AsType[*postinvoke.PanicError](first.hooks[0].Err)
		if !ok || p.Value != errDisk || len(p.Stack) == 0 {
			t.Errorf("got error %v, want the panic with its value and stack", first.hooks[0].Err)
		}
		if s := first.shutdowns; len(s) != 1 || s[0].Hooks != 3 || s[0].Failures != 1 || s[0].Abandoned != 2 ||
			s[0].Budget != 500*time.Millisecond || s[0].Finished.Sub(s[0].Started) < s[0].Budget-100*time.Millisecond {
			t.Errorf("got %+v", s)
		}
	})
}

// As that of a handler in a package's variable is.
func TestTheObserverOfAHandlerThatWasWrappedBeforeTheTestGetsItsShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		hooks, shutdowns := len(firstHandler.hooks), len(firstHandler.shutdowns)
		postinvoke.Shutdown(func() {})
		if err := env.Shutdown(); err != nil {
			t.Error(err)
		}
		if h, s := len(firstHandler.hooks)-hooks, len(firstHandler.shutdowns)-shutdowns; h != 1 || s != 1 {
			t.Errorf("got %d results of shutdown functions and %d of the shutdown, want 1 of each", h, s)
		}
	})
}

var errDisk = errors.New("disk full")

// Hooks after it run, and the environment is not held by it.
func TestAnObserverThatPanicsIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		log := &recordKeeper{}
		ran := 0
		handler := postinvoke.Wrap(func(ctx context.Context, _ any) (any, error) {
			for range 2 {
				postinvoke.Run(ctx, func() { ran++ })
			}
			return nil, nil
		}, &postinvoke.Options{Logger: slog.New(log), Observer: &postinvoke.Observer{
			Hook:       func(context.Context, postinvoke.HookResult) { panic("in Hook") },
			Invocation: func(context.Context, postinvoke.InvocationResult) { panic("in Invocation") },
		}})
		if err := postinvoketest.Invoke(env, handler, nil).RunHooks(); err != nil || ran != 2 {
			t.Errorf("got %v, and %d hooks that ran, want 2", err, ran)
		}
		wantLines(t, log.reasons(record.LibraryProblem),
			"the function Hook of Options.Observer panicked: in Hook",
			"the function Hook of Options.Observer panicked: in Hook",
			"the function Invocation of Options.Observer panicked: in Invocation")
	})
}

// As t.FailNow does. The results that come after it are not lost.
func TestAnObserverThatCallsGoexitHoldsNothing(t *testing.T) {
	fails := func(context.Context) error { return errDisk }
	hangs := func(context.Context) error { time.Sleep(time.Hour); return nil }
	tests := []struct {
		name  string
		hooks []func(context.Context) error // in the order in which they run
		want  error
		after time.Duration
	}{
		{"of hooks that fail", []func(context.Context) error{fails, fails}, errDisk, 0},
		{
			"of hooks that are abandoned", []func(context.Context) error{hangs, hangs},
			postinvoke.ErrAbandoned, time.Minute - 300*time.Millisecond,
		},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			env := postinvoketest.New(t)
			env.Timeout = time.Minute
			handler := register(func(ctx context.Context) {
				for _, hook := range test.hooks {
					postinvoke.RunContext(ctx, hook)
				}
			}, &postinvoke.Observer{
				Hook:       func(context.Context, postinvoke.HookResult) { runtime.Goexit() },
				LateHook:   func(context.Context, postinvoke.HookResult) { runtime.Goexit() },
				Invocation: func(context.Context, postinvoke.InvocationResult) { runtime.Goexit() },
			})
			began := time.Now()
			inv := postinvoketest.Invoke(env, handler, nil)
			if err := inv.RunHooks(); !errors.Is(err, test.want) || len(inv.Hooks()) != len(test.hooks) {
				t.Errorf("%s: got %v, want %d results with %v", test.name, err, len(test.hooks), test.want)
			}
			if took := time.Since(began); took != test.after {
				t.Errorf("%s: the invocation took %v, want %v", test.name, took, test.after)
			}
		})
	}
}

// Each hook that it registers is refused, and that is a result.
func TestAnObserverThatIsRefusedHooksDoesNotRecurseWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		var kept context.Context
		calls := 0
		handler := register(func(ctx context.Context) { kept = ctx }, &postinvoke.Observer{
			Hook: func(context.Context, postinvoke.HookResult) {
				calls++
				postinvoke.Run(kept, func() {})
			},
		})
		inv := postinvoketest.Invoke(env, handler, nil)
		if err := inv.RunHooks(); err != nil {
			t.Error(err)
		}
		postinvoke.Run(kept, func() {})
		if calls < 10 {
			t.Errorf("got %d calls, want one for each refused hook", calls)
		}
		if err := inv.RunHooks(); !errors.Is(err, postinvoke.ErrRefused) {
			t.Errorf("got %v, want ErrRefused", err)
		}
	})
}

// A span that the handler has begun is the parent of those of its hooks.
func TestTheContextOfAnObserverHasTheValuesOfTheHooks(t *testing.T) {
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		env.Context = context.WithValue(t.Context(), key{}, "invocation")
		var got []string
		note := func(ctx context.Context) { got = append(got, fmt.Sprintf("%v %v", ctx.Value(key{}), ctx.Err())) }
		handler := register(func(ctx context.Context) {
			ctx = context.WithValue(ctx, key{}, "hook")
			postinvoke.Run(ctx, func() {})
			postinvoke.RunContext(ctx, func(context.Context) error { return nil })
		}, &postinvoke.Observer{
			Hook:       func(ctx context.Context, _ postinvoke.HookResult) { note(ctx) },
			Invocation: func(ctx context.Context, _ postinvoke.InvocationResult) { note(ctx) },
		})
		if err := postinvoketest.Invoke(env, handler, nil).RunHooks(); err != nil {
			t.Error(err)
		}
		wantLines(t, got, "hook <nil>", "hook <nil>", "invocation <nil>")
	})
}
