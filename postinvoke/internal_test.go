package postinvoke

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
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
