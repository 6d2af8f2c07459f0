package postinvoke

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// A funcHandler is a handler of log records.
type funcHandler func(slog.Record)

func (funcHandler) Enabled(context.Context, slog.Level) bool        { return true }
func (h funcHandler) Handle(_ context.Context, r slog.Record) error { h(r); return nil }
func (h funcHandler) WithAttrs([]slog.Attr) slog.Handler            { return h }
func (h funcHandler) WithGroup(string) slog.Handler                 { return h }
func newFuncLogger(handle func(slog.Record)) *slog.Logger           { return slog.New(funcHandler(handle)) }
func failing(context.Context) error                                 { return errors.New("no such luck") }

// A logger that is slow is not taken for one that calls itself for ever.
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

// A logger may keep the context of an invocation: hooks are refused, which is
// logged, when that is over.
func TestALoggerThatIsRefusedAHookWithEachRecordDoesNotRecurseForEver(t *testing.T) {
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

// A logger may set itself up with the first record, and want to be closed.
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
