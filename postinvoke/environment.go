package postinvoke

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"example.com/postinvoke/internal/seam"
	"example.com/postinvoke/record"
)

// An environment is the lifetime of an execution environment. The process has
// one, and another for as long as a test of package postinvoketest lasts.
type environment struct {
	observer *seam.Observer // nil except in tests
	inflight inflight

	mu        sync.Mutex
	functions []*hook // of Shutdown
	ending    bool    // they were called, or are being called
}

var currentEnvironment atomic.Pointer[environment]

func init() {
	currentEnvironment.Store(&environment{})
	seam.Enter = func(o *seam.Observer) (shutDown, leave func()) {
		e, before := &environment{observer: o}, currentEnvironment.Load()
		currentEnvironment.Store(e)
		return e.shutDown, func() { currentEnvironment.Store(before) }
	}
}

// hookFailed logs that a hook failed. ctx belongs to its invocation, or to none
// if it is a shutdown function; so it is for the other two.
func (e *environment) hookFailed(ctx context.Context, log logger, h *hook, f *failure, took time.Duration) {
	log.about(ctx, slog.LevelError, record.HookFailed, f.attrs(h, took)...)
	e.tell(ctx, h, f)
}

// hookAbandoned logs that a hook was given up.
func (e *environment) hookAbandoned(ctx context.Context, log logger, h *hook, started bool, reason string) {
	attrs := []slog.Attr{
		slog.String(record.Hook, h.String()), slog.Bool(record.Started, started), slog.String(record.Reason, reason),
	}
	if started {
		attrs = append(attrs, ms(record.HookMs, time.Since(h.began)))
	}
	log.about(ctx, slog.LevelError, record.HookAbandoned, attrs...)
	e.tell(ctx, h, fmt.Errorf("%w: %s", seam.ErrAbandoned, reason))
	if started && e.observer != nil {
		e.observer.GivenUp()
	}
}

// abandonedReturned reports that a hook which was given up has returned.
func (e *environment) abandonedReturned() {
	if e.observer != nil {
		e.observer.Returned()
	}
}

// hookRefused logs that a hook was registered too late.
func (e *environment) hookRefused(ctx context.Context, log logger, h *hook, reason string) {
	log.about(ctx, slog.LevelError, record.HookRefused,
		slog.String(record.Hook, h.String()), slog.String(record.Reason, reason))
	e.tell(ctx, h, fmt.Errorf("%w: %s", seam.ErrRefused, reason))
}

func (e *environment) tell(ctx context.Context, h *hook, err error) {
	if e.observer != nil {
		e.observer.Failed(ctx, h.String(), err)
	}
}
