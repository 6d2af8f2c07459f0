package postinvoketest_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
)

var errDiskFull = errors.New("disk full")

// wrap wraps a handler whose only work is to register hooks.
func wrap(register func(ctx context.Context)) func(context.Context, string) (string, error) {
	return postinvoke.Wrap(func(ctx context.Context, event string) (string, error) {
		register(ctx)
		return "did " + event, nil
	}, nil)
}

func TestHooksRunWhenTheTestSaysSo(t *testing.T) {
	env := postinvoketest.New(t)
	var did []string
	inv := postinvoketest.Invoke(env, wrap(func(ctx context.Context) {
		postinvoke.Run(ctx, func() { did = append(did, "first") })
		postinvoke.Run(ctx, func() { did = append(did, "second") })
		did = append(did, "handler")
	}), "work")
	if inv.Response != "did work" || inv.Err != nil {
		t.Errorf("got %q, %v", inv.Response, inv.Err)
	}
	if got, want := strings.Join(did, " "), "handler"; got != want {
		t.Errorf("before the response was sent: got %q, want %q", got, want)
	}
	if err := inv.RunHooks(); err != nil {
		t.Error(err)
	}
	if got, want := strings.Join(did, " "), "handler second first"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFailuresOfHooksAreReturned(t *testing.T) {
	env := postinvoketest.New(t)
	ran := false
	inv := postinvoketest.Invoke(env, wrap(func(ctx context.Context) {
		postinvoke.Run(ctx, func() { ran = true })
		postinvoke.RunContext(ctx, func(context.Context) error { return errDiskFull })
		postinvoke.Run(ctx, func() { panic(io.ErrUnexpectedEOF) })
		postinvoke.Go(ctx, func(context.Context) error { panic("in Go") })
	}), "fail")
	err := inv.RunHooks()
	if !ran {
		t.Error("the hook beside the failing ones did not run")
	}
	if !errors.Is(err, errDiskFull) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want both errors", err)
	}
	hook, ok := errors.AsType[*postinvoketest.HookError](err)
	if !ok || !strings.Contains(hook.Hook, "TestFailuresOfHooksAreReturned") {
		t.Errorf("got %+v, want a HookError with the name of the function", hook)
	}
	for _, want := range []string{"disk full", "panic: unexpected EOF", "panic: in Go", "goroutine "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got\n%v\nwant it to contain %q", err, want)
		}
	}
	if again := inv.RunHooks(); again == nil || again.Error() != err.Error() {
		t.Errorf("called again: got %v", again)
	}
}

func TestAHookThatIsRefusedIsReported(t *testing.T) {
	env := postinvoketest.New(t)
	var late context.Context
	inv := postinvoketest.Invoke(env, wrap(func(ctx context.Context) { late = ctx }), "save")
	if err := inv.RunHooks(); err != nil {
		t.Error(err)
	}
	postinvoke.Run(late, func() { t.Error("a hook ran that was registered too late") })
	if err := inv.RunHooks(); !errors.Is(err, postinvoke.ErrRefused) {
		t.Errorf("got %v, want ErrRefused", err)
	}
}

func TestWithoutHooks(t *testing.T) {
	env := postinvoketest.New(t)
	for range 2 {
		if err := postinvoketest.Invoke(env, wrap(func(context.Context) {}), "nothing").RunHooks(); err != nil {
			t.Error(err)
		}
	}
}

func TestAHandlerInterfaceIsInvokedThroughItsMethod(t *testing.T) {
	env := postinvoketest.New(t)
	ran := false
	h := postinvoke.WrapHandler(lambda.NewHandler(func(ctx context.Context, event map[string]int) (int, error) {
		postinvoke.Run(ctx, func() { ran = true })
		return event["id"] + 1, nil
	}), nil)
	inv := postinvoketest.Invoke(env, h.Invoke, []byte(`{"id":7}`))
	if got, want := string(inv.Response), "8"; got != want || inv.Err != nil || ran {
		t.Errorf("got %q, %v, hook ran: %t, want %q and no hook yet", got, inv.Err, ran, want)
	}
	if err := inv.RunHooks(); err != nil || !ran {
		t.Errorf("got %v, hook ran: %t", err, ran)
	}
}

// A handler that is not wrapped may call several that are.
func TestHooksOfAllHandlersOfAnInvocationAreRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		var first, second bool
		one := wrap(func(ctx context.Context) { postinvoke.Run(ctx, func() { first = true }) })
		two := wrap(func(ctx context.Context) { postinvoke.Run(ctx, func() { time.Sleep(time.Second); second = true }) })
		inv := postinvoketest.Invoke(env, func(ctx context.Context, event string) (string, error) {
			if _, err := one(ctx, event); err != nil {
				return "", err
			}
			return two(ctx, event)
		}, "work")
		began := time.Now()
		if err := inv.RunHooks(); err != nil || !first || !second {
			t.Errorf("got %v, hooks ran: %t and %t, want both", err, first, second)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("the invocation was over after %v, want %v: as soon as its hooks were", took, time.Second)
		}
	})
}

// In a bubble of synctest the function's whole timeout passes in no time.
func TestTimeoutsTakeNoTimeInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		env.Timeout = time.Minute
		began := time.Now()
		var stopped time.Duration
		inv := postinvoketest.Invoke(env, wrap(func(ctx context.Context) {
			postinvoke.Run(ctx, func() { t.Error("a hook started when no time was left") })
			postinvoke.RunContext(ctx, func(ctx context.Context) error {
				<-ctx.Done()
				stopped = time.Since(began)
				return ctx.Err()
			})
		}), "wait")
		err := inv.RunHooks()
		if want := time.Minute - 500*time.Millisecond; stopped != want {
			t.Errorf("the context of the hook ended after %v, want %v", stopped, want)
		}
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, postinvoke.ErrAbandoned) ||
			!strings.Contains(err.Error(), "abandoned: no time was left to start it") {
			t.Errorf("got %v, want that one hook ran out of time and the other did not start", err)
		}
	})
}

// A test may call the handler without this package, in a bubble or not, beside
// others of the same process.
func TestBubblesNeedNoEnvironment(t *testing.T) {
	handler := wrap(func(ctx context.Context) {
		postinvoke.RunContext(ctx, func(ctx context.Context) error { <-ctx.Done(); return nil })
	})
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			ctx, respond := context.WithTimeout(t.Context(), time.Minute)
			if _, err := handler(ctx, "wait"); err != nil {
				t.Error(err)
			}
			respond()
			time.Sleep(time.Minute) // the bubble ends when the hook has
		})
	}
}

func TestShutdownFunctionsRunLastFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		var did []string
		postinvoke.Shutdown(func() { did = append(did, "NEVER") })
		postinvoke.Shutdown(func() { time.Sleep(time.Hour) })
		postinvoke.ShutdownContext(func(context.Context) error { did = append(did, "second"); return errDiskFull })
		postinvoke.Shutdown(func() { did = append(did, "first") })
		err := env.Shutdown()
		if got, want := strings.Join(did, " "), "first second"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, want := range []string{"disk full", "abandoned: it did not return", "abandoned: no time was left"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want it to contain %q", err, want)
			}
		}
		if !errors.Is(err, postinvoke.ErrAbandoned) {
			t.Errorf("got %v, want ErrAbandoned in it", err)
		}
		want := []string{"ok", "error", "abandoned", "abandoned"}
		for i, result := range env.ShutdownHooks() {
			if i >= len(want) || string(result.Outcome) != want[i] {
				t.Errorf("got %+v, want outcomes %q", result, want)
			}
		}
	})
}

// Go cannot end a hook. If the test did not wait for it, the bubble would end the process.
func TestABubbleEndsWhenAbandonedHooksHave(t *testing.T) {
	const long = 20 * time.Hour
	var returned atomic.Int64
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		inv := postinvoketest.Invoke(env, wrap(func(ctx context.Context) {
			for range 2 {
				postinvoke.Go(ctx, func(context.Context) error { time.Sleep(long); returned.Add(1); return errDiskFull })
			}
		}), "overrun")
		if err := inv.RunHooks(); !errors.Is(err, postinvoke.ErrAbandoned) || errors.Is(err, errDiskFull) {
			t.Errorf("got %v, want hooks to be abandoned, and not yet to fail", err)
		}
		postinvoke.Shutdown(func() { time.Sleep(long); returned.Add(1) })
		if err := env.Shutdown(); !errors.Is(err, postinvoke.ErrAbandoned) {
			t.Errorf("got %v, want the shutdown function to be abandoned", err)
		}
	})
	if got := returned.Load(); got != 3 {
		t.Errorf("got %d hooks that returned, want 3", got)
	}
}

func TestShutdownStopsHooks(t *testing.T) {
	env := postinvoketest.New(t)
	stopped := make(chan error, 1)
	inv := postinvoketest.Invoke(env, wrap(func(ctx context.Context) {
		postinvoke.Go(ctx, func(ctx context.Context) error {
			<-ctx.Done()
			stopped <- ctx.Err()
			return nil
		})
	}), "wait")
	if err := env.Shutdown(); err != nil {
		t.Error(err)
	}
	if got := <-stopped; got != context.Canceled {
		t.Errorf("got %v, want %v", got, context.Canceled)
	}
	if err := inv.RunHooks(); err != nil {
		t.Error(err)
	}
}

// Each environment has the shutdown functions that were registered in it.
func TestEnvironmentsDoNotShareShutdownFunctions(t *testing.T) {
	calls := 0
	for range 2 {
		t.Run("environment", func(t *testing.T) {
			env := postinvoketest.New(t)
			postinvoke.Shutdown(func() { calls++ })
			if err := env.Shutdown(); err != nil {
				t.Error(err)
			}
		})
	}
	if calls != 2 {
		t.Errorf("got %d calls, want 2", calls)
	}
}

func TestContextsHaveWhatLambdaGives(t *testing.T) {
	type key struct{}
	env := postinvoketest.New(t)
	env.Context = context.WithValue(t.Context(), key{}, "mine")
	ids := map[string]bool{}
	for range 2 {
		inv := postinvoketest.Invoke(env, wrap(func(ctx context.Context) {
			lc, _ := lambdacontext.FromContext(ctx)
			ids[lc.AwsRequestID] = true
			if _, ok := ctx.Deadline(); !ok || ctx.Value(key{}) != "mine" {
				t.Errorf("got a deadline: %t, value: %v", ok, ctx.Value(key{}))
			}
		}), "look")
		if err := inv.RunHooks(); err != nil {
			t.Error(err)
		}
	}
	if len(ids) != 2 || ids[""] {
		t.Errorf("got request ids %v, want two", ids)
	}
}

// On Lambda the process ends when a handler has panicked, after its hooks.
func TestHooksOfAHandlerThatPanickedHaveFinishedWhenInvokeReturns(t *testing.T) {
	t.Parallel()
	env := postinvoketest.New(t)
	inv := postinvoketest.Invoke(env, wrap(func(ctx context.Context) {
		postinvoke.RunContext(ctx, func(context.Context) error { return errDiskFull }, postinvoke.Name("save"))
		panic(io.ErrUnexpectedEOF)
	}), "panic")
	if panicked, ok := errors.AsType[*postinvoke.PanicError](inv.Err); !ok || panicked.Value != io.ErrUnexpectedEOF {
		t.Errorf("got error %v, want the panic", inv.Err)
	}
	if got := outcomes(inv.Hooks()); !slices.Equal(got, []string{"save: error"}) {
		t.Errorf("got hooks %q", got)
	}
	if err := inv.RunHooks(); !errors.Is(err, errDiskFull) {
		t.Errorf("got %v, want %v", err, errDiskFull)
	}
}

// outcomes returns the name and outcome of each hook.
func outcomes(hooks []postinvoke.HookResult) []string {
	var all []string
	for _, hook := range hooks {
		all = append(all, hook.Name+": "+string(hook.Outcome))
	}
	return all
}

func TestResultsHaveTheOrderLimitsAndOutcomesOfHooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		var late context.Context
		inv := postinvoketest.Invoke(env, wrap(func(ctx context.Context) {
			late = ctx
			postinvoke.Run(ctx, func() {}, postinvoke.Name("first"))
			postinvoke.Run(ctx, func() { time.Sleep(time.Hour) }, postinvoke.Name("second"), postinvoke.Timeout(time.Second))
			postinvoke.Run(ctx, func() { panic("third") }, postinvoke.Name("third"))
		}), "work")
		if got := inv.Hooks(); len(got) > 0 {
			t.Errorf("before the response was sent: got %v", got)
		}
		inv.RunHooks()
		postinvoke.Run(late, func() {}, postinvoke.Name("fourth"))
		inv.RunHooks()
		want := []string{"third: panic", "second: abandoned", "first: ok", "fourth: refused"}
		if got := outcomes(inv.Hooks()); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := inv.Hooks()[1]; got.Timeout != time.Second || got.Finished.Sub(got.Started) != 1100*time.Millisecond {
			t.Errorf("got timeout %v, abandoned after %v", got.Timeout, got.Finished.Sub(got.Started))
		}
	})
}

// Parallel tests share the process, and not the results.
func TestTestsMayRunInParallel(t *testing.T) {
	var open sync.WaitGroup
	open.Add(2)
	for _, name := range []string{"one", "other"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := postinvoketest.New(t)
			open.Done()
			open.Wait()
			inv := postinvoketest.Invoke(env, wrap(func(ctx context.Context) {
				postinvoke.Run(ctx, func() {}, postinvoke.Name(name))
			}), "work")
			if err := inv.RunHooks(); err != nil {
				t.Error(err)
			}
			if got := outcomes(inv.Hooks()); !slices.Equal(got, []string{name + ": ok"}) {
				t.Errorf("got %q", got)
			}
		})
	}
}
