package postinvoke_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/record"
)

// A recordKeeper is a log handler that keeps records, and takes its time for those
// of abandoned hooks.
type recordKeeper struct {
	slog.Handler
	mu   sync.Mutex
	kept []slog.Record
}

func (k *recordKeeper) Enabled(context.Context, slog.Level) bool { return true }

func (k *recordKeeper) Handle(_ context.Context, r slog.Record) error {
	if r.Message == record.HookAbandoned {
		time.Sleep(time.Minute)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept = append(k.kept, r)
	return nil
}

// reasons returns the reasons in the records with a message.
func (k *recordKeeper) reasons(message string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var reasons []string
	for _, r := range k.kept {
		for a := range r.Attrs {
			if r.Message == message && a.Key == record.Reason {
				reasons = append(reasons, a.Value.String())
			}
		}
	}
	return reasons
}

// wantAbandonedFirst checks that the hook's record was written, and before that of
// its invocation.
func (k *recordKeeper) wantAbandonedFirst(t *testing.T) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	position := func(message string) int {
		return slices.IndexFunc(k.kept, func(r slog.Record) bool { return r.Message == message })
	}
	abandoned, finished := position(record.HookAbandoned), position(record.Hooks)
	if abandoned < 0 || finished < abandoned {
		t.Errorf("got records %v, want the abandoned hook first", k.kept)
	}
}

// The environment may be frozen after the record of the invocation. The record of an
// abandoned hook comes first, also if another hook ends at the same time.
func TestAnAbandonedHookIsLoggedBeforeItsInvocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &recordKeeper{}
		end := make(chan struct{})
		handler := postinvoke.Wrap(func(ctx context.Context, _ any) (any, error) {
			hangs := func(context.Context) error { <-end; return nil }
			postinvoke.Go(ctx, hangs, postinvoke.Timeout(time.Second))
			postinvoke.Go(ctx, func(context.Context) error { time.Sleep(10 * time.Second); return nil })
			return nil, nil
		}, &postinvoke.Options{Logger: slog.New(log)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		if _, err := handler(ctx, nil); err != nil {
			t.Fatal(err)
		}
		cancel()
		time.Sleep(10 * time.Minute)
		log.wantAbandonedFirst(t)
		close(end)
		synctest.Wait()
	})
}

// That holds too if the time of all hooks is up before the record is written, and
// also if that was while the handler ran.
func TestAnAbandonedHookIsLoggedFirstIfTheTimeOfAllIsUp(t *testing.T) {
	for _, handlerTakes := range []time.Duration{0, 20 * time.Second} {
		t.Run(handlerTakes.String(), func(t *testing.T) { testAbandonedFirst(t, handlerTakes) })
	}
}

func testAbandonedFirst(t *testing.T, handlerTakes time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		log := &recordKeeper{}
		end := make(chan struct{})
		handler := postinvoke.Wrap(func(ctx context.Context, _ any) (any, error) {
			postinvoke.Go(ctx, func(context.Context) error { <-end; return nil }, postinvoke.Timeout(time.Second))
			time.Sleep(handlerTakes)
			return nil, nil
		}, &postinvoke.Options{Logger: slog.New(log)})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if _, err := handler(ctx, nil); err != nil {
			t.Fatal(err)
		}
		cancel()
		time.Sleep(10 * time.Minute)
		log.wantAbandonedFirst(t)
		close(end)
		synctest.Wait()
	})
}
