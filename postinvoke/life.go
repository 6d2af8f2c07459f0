package postinvoke

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"example.com/postinvoke/internal/seam"
	"example.com/postinvoke/record"
)

// A life is that of an execution environment. The process has one, and another
// for as long as a test of package postinvoketest plays the environment.
type life struct {
	observer *seam.Observer // nil except in tests
	roster   roster

	mu     sync.Mutex
	atEnd  []*hook // shutdown functions
	ending bool    // they were called, or are being called
}

var currentLife atomic.Pointer[life]

func init() {
	currentLife.Store(&life{})
	seam.Enter = func(o *seam.Observer) (shutDown, leave func()) {
		l, before := &life{observer: o}, currentLife.Load()
		currentLife.Store(l)
		return l.shutDown, func() { currentLife.Store(before) }
	}
}

// hookFailed logs that a hook failed. ctx belongs to its invocation, or to none
// if it is a shutdown function; so it is for the other two.
func (l *life) hookFailed(ctx context.Context, log logger, h *hook, f *failure) {
	log.about(ctx, slog.LevelError, record.HookFailed, f.attrs(h)...)
	l.tell(ctx, h, f)
}

// hookAbandoned logs that a hook was given up.
func (l *life) hookAbandoned(ctx context.Context, log logger, h *hook, started bool, reason string) {
	log.about(ctx, slog.LevelError, record.HookAbandoned, slog.String(record.Hook, h.String()),
		slog.Bool(record.Started, started), slog.String(record.Reason, reason))
	l.tell(ctx, h, fmt.Errorf("%w: %s", seam.ErrAbandoned, reason))
	if started && l.observer != nil {
		l.observer.GivenUp()
	}
}

// abandonedReturned tells that a hook which was given up has returned.
func (l *life) abandonedReturned() {
	if l.observer != nil {
		l.observer.Returned()
	}
}

// hookRefused logs that a hook was registered too late.
func (l *life) hookRefused(ctx context.Context, log logger, h *hook, reason string) {
	log.about(ctx, slog.LevelError, record.HookRefused,
		slog.String(record.Hook, h.String()), slog.String(record.Reason, reason))
	l.tell(ctx, h, fmt.Errorf("%w: %s", seam.ErrRefused, reason))
}

func (l *life) tell(ctx context.Context, h *hook, err error) {
	if l.observer != nil {
		l.observer.Failed(ctx, h.String(), err)
	}
}
