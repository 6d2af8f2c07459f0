package postinvoke

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/internal/gate"
)

// A funcHandler is a handler of log records.
type funcHandler func(slog.Record)

func (funcHandler) Enabled(context.Context, slog.Level) bool        { return true }
func (h funcHandler) Handle(_ context.Context, r slog.Record) error { h(r); return nil }
func (h funcHandler) WithAttrs([]slog.Attr) slog.Handler            { return h }
func (h funcHandler) WithGroup(string) slog.Handler                 { return h }
func newFuncLogger(handle func(slog.Record)) *slog.Logger           { return slog.New(funcHandler(handle)) }
func failing(context.Context) error                                 { return errors.New("no such luck") }

// A slow logger must not be mistaken for one that calls itself without end.
func TestALoggerGetsTheRecordsOfAllHooksThatFailAtOnce(t *testing.T) {
	const hooks = 3 * maxNesting
	synctest.Test(t, func(t *testing.T) {
		var got atomic.Int32
		end := make(chan struct{})
		handler := Wrap(func(ctx context.Context, _ any) (any, error) {
			for range hooks {
				Go(ctx, failing)
			}
			return nil, nil
		}, &Options{Logger: newFuncLogger(func(r slog.Record) {
			if r.Level == slog.LevelError {
				got.Add(1)
				<-end
			}
		})})
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := handler(ctx, nil); err != nil {
			t.Fatal(err)
		}
		cancel()
		synctest.Wait()
		if n := got.Load(); n != hooks {
			t.Errorf("the logger has got %d records, want %d", n, hooks)
		}
		close(end)
		synctest.Wait()
	})
}

// A logger may keep the context of an invocation: hooks registered with it afterwards
// are refused, and that is logged.
func TestALoggerThatIsRefusedAHookWithEachRecordDoesNotRecurseWithoutEnd(t *testing.T) {
	var kept context.Context
	var got atomic.Int32
	handler := Wrap(func(ctx context.Context, _ any) (any, error) {
		kept = ctx
		return nil, nil
	}, &Options{Logger: newFuncLogger(func(slog.Record) {
		got.Add(1)
		if kept != nil {
			Run(kept, func() {})
		}
	})})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := handler(ctx, nil); err != nil {
		t.Fatal(err)
	}
	Run(kept, func() {})
	if n := got.Load(); n < maxNesting {
		t.Errorf("the logger has got %d records, want those of %d calls", n, maxNesting)
	}
}

// A logger may set itself up with the first record, and register its own shutdown.
func TestALoggerMayCallShutdownWithTheReadyRecord(t *testing.T) {
	p := &process{level: slog.LevelError}
	records := 0
	p.handlerWrapped(newLogger(newFuncLogger(func(slog.Record) {
		records++
		p.shutdownRegistered()
	})))
	if records != 1 {
		t.Errorf("got %d records, want 1", records)
	}
}

// On Managed Instances no INVOKE event has the function's timeout. A middleware's
// context that ends later than any function must not delay hooks until then.
func TestHooksDoNotWaitForAContextThatOutlivesTheInvocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := &Options{Logger: slog.New(slog.DiscardHandler)}
		w := &wrapper{process: &process{onLambda: true, managed: true}, reporter: newReporter(opts), margin: defaultMargin}
		for _, test := range []struct {
			deadline time.Duration
			waits    bool
		}{{longestTimeout, true}, {longestTimeout + 1, false}} {
			ctx, cancel := context.WithTimeout(t.Context(), test.deadline)
			ran := false
			inv := w.begin(ctx)
			Run(inv, func() { ran = true })
			inv.returned(nil)
			synctest.Wait()
			if ran == test.waits {
				t.Errorf("deadline after %v: the hook ran before the context has ended: %t", test.deadline, ran)
			}
			cancel()
			synctest.Wait()
			if !ran {
				t.Errorf("deadline after %v: the hook did not run", test.deadline)
			}
		}
	})
}

// heldWrapper returns a wrapper whose invocations the gate holds, and a context that a
// middleware has given more time than the function has.
func heldWrapper(t *testing.T, o *Observer) (*wrapper, context.Context) {
	g := &gate.Gate{NotCalledAfter: calledWithin}
	g.Wrapped()
	opts := &Options{Logger: slog.New(slog.DiscardHandler), Observer: o}
	w := &wrapper{process: &process{onLambda: true, gate: g}, reporter: newReporter(opts), margin: defaultMargin}
	lc := &lambdacontext.LambdaContext{AwsRequestID: "a"}
	ctx, cancel := context.WithTimeout(lambdacontext.NewContext(t.Context(), lc), 10*time.Minute)
	t.Cleanup(cancel)
	return w, ctx
}

func hold(w *wrapper, requestID string) gate.Reason {
	return w.gate.Hold(requestID, time.Now().Add(time.Minute))
}

// Whether the context outlives the invocation is known when the INVOKE event comes, which
// may be after the handler has returned.
func TestAContextThatOutlivesTheInvocationHoldsNothing(t *testing.T) {
	for name, o := range map[string]*Observer{
		"no observer": nil,
		"an observer": {Invocation: func(context.Context, InvocationResult) {}},
	} {
		synctest.Test(t, func(t *testing.T) {
			w, ctx := heldWrapper(t, o)
			w.begin(ctx).returned(nil)
			began := time.Now()
			if got := hold(w, "a"); got != gate.Done || time.Since(began) != 0 {
				t.Errorf("%s: got %q after %v, want %q at once", name, got, time.Since(began), gate.Done)
			}
		})
	}
}

// Its timeout is not known any more when its handler returns.
func TestAHandlerThatReturnsInALaterInvocationFinishesItsOwn(t *testing.T) {
	for name, o := range map[string]*Observer{
		"no observer": nil,
		"an observer": {Invocation: func(context.Context, InvocationResult) {}},
	} {
		for _, beginsAfter := range []time.Duration{0, 2 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				w, ctx := heldWrapper(t, o)
				begun := make(chan *invocation, 1)
				time.AfterFunc(beginsAfter, func() { begun <- w.begin(ctx) })
				time.Sleep(time.Second) // until the INVOKE event comes
				if got := hold(w, "a"); got != gate.Deadline {
					t.Errorf("got %q, want %q", got, gate.Deadline)
				}
				w.gate.Begin("b", nil, time.Time{}).Done()
				hold(w, "b")
				inv := <-begun
				inv.returned(nil)
				if synctest.Wait(); !inv.isFinished() {
					t.Errorf("%s, begun after %v: not finished", name, beginsAfter)
				}
			})
		}
	}
}

// A hook that may take as long as the function has: zero would be Options.HookTimeout.
func TestTheLongestTimeoutOfAHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []Outcome
		opts := &Options{Logger: slog.New(slog.DiscardHandler), HookTimeout: time.Second, Observer: &Observer{
			Hook: func(_ context.Context, r HookResult) { got = append(got, r.Outcome) },
		}}
		handler := Wrap(func(ctx context.Context, _ any) (any, error) {
			Run(ctx, func() { time.Sleep(time.Hour) }, Timeout(math.MaxInt64))
			return nil, nil
		}, opts)
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := handler(ctx, nil); err != nil {
			t.Error(err)
		}
		cancel()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if len(got) != 1 || got[0] != OutcomeOK {
			t.Errorf("got outcomes %v, want one %q", got, OutcomeOK)
		}
	})
}
