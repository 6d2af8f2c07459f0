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

// A slowHandler takes its time for records of abandoned hooks, and keeps the
// order in which records were written.
type slowHandler struct {
	slog.Handler
	mu       sync.Mutex
	messages []string
}

func (h *slowHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *slowHandler) Handle(_ context.Context, r slog.Record) error {
	if r.Message == record.HookAbandoned {
		time.Sleep(time.Minute)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.messages = append(h.messages, r.Message)
	return nil
}

func (h *slowHandler) position(message string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Index(h.messages, message)
}

// wantAbandonedFirst checks that the hook's record was written, and before that of
// its invocation.
func (h *slowHandler) wantAbandonedFirst(t *testing.T) {
	t.Helper()
	abandoned, finished := h.position(record.HookAbandoned), h.position(record.Hooks)
	if abandoned < 0 || finished < abandoned {
		t.Errorf("got records %q, want the abandoned hook first", h.messages)
	}
}

// The environment is frozen when the record of the hooks is written: a hook that
// was given up has its own before that, also if another one ends meanwhile.
func TestAnAbandonedHookIsLoggedBeforeTheInvocationIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &slowHandler{}
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
		log := &slowHandler{}
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
