package postinvoke

import (
	"context"
	"fmt"
	"log/slog"

	"example.com/postinvoke/record"
)

// A recorder writes the records about hooks, invocations and the shutdown. It is
// an [Observer].
type recorder struct{ log logger }

func newRecorder(log logger) *Observer {
	r := recorder{log}
	return &Observer{Hook: r.hook, LateHook: r.lateHook, Invocation: r.invocation, Shutdown: r.shutdown}
}

func (r recorder) hook(ctx context.Context, h HookResult) {
	attrs := []slog.Attr{slog.String(record.Hook, h.Name)}
	switch h.Outcome {
	case OutcomeAbandoned:
		started := !h.Started.IsZero()
		attrs = append(attrs, slog.Bool(record.Started, started), slog.String(record.Reason, h.Reason))
		if started {
			attrs = append(attrs, hookMs(h))
		}
		r.log.write(ctx, slog.LevelError, record.HookAbandoned, h.RequestID, attrs)
	case OutcomeRefused:
		attrs = append(attrs, slog.String(record.Reason, h.Reason))
		r.log.write(ctx, slog.LevelError, record.HookRefused, h.RequestID, attrs)
	default:
		r.returned(ctx, h, attrs)
	}
}

// returned logs how a hook returned or panicked.
func (r recorder) returned(ctx context.Context, h HookResult, attrs []slog.Attr) {
	attrs = append(attrs, hookMs(h))
	if !h.Shutdown && r.log.debug(ctx) {
		r.log.write(ctx, slog.LevelDebug, record.HookFinished, h.RequestID, attrs[:2:2])
	}
	switch h.Outcome {
	case OutcomeOK:
		return
	case OutcomePanic:
		err := h.Err.(*PanicError)
		attrs = append(attrs, slog.String(record.Panic, err.text()), slog.String(record.Stack, string(err.Stack)))
	default:
		attrs = append(attrs, slog.String(record.Error, fmt.Sprint(h.Err))) // Sprint survives a nil pointer
		if h.Reason != "" {
			attrs = append(attrs, slog.String(record.Reason, h.Reason))
		}
	}
	r.log.write(ctx, slog.LevelError, record.HookFailed, h.RequestID, attrs)
}

func hookMs(h HookResult) slog.Attr { return ms(record.HookMs, h.Finished.Sub(h.Started)) }

func (r recorder) lateHook(ctx context.Context, h HookResult) {
	name := slog.String(record.Hook, h.Name)
	r.returned(ctx, h, []slog.Attr{name})
	r.log.write(ctx, slog.LevelWarn, record.HookLate, h.RequestID,
		[]slog.Attr{name, ms(record.LateMs, h.Finished.Sub(h.Abandoned))})
}

func (r recorder) invocation(ctx context.Context, i InvocationResult) {
	if i.Hooks == 0 {
		return
	}
	attrs := []slog.Attr{
		slog.String(record.Outcome, string(i.Outcome)),
		ms(record.HandlerMs, i.Returned.Sub(i.Started)),
	}
	if !i.Responded.IsZero() {
		attrs = append(attrs, ms(record.ResponseMs, i.Responded.Sub(i.Started)))
	}
	attrs = append(attrs, slog.Int(record.HookCount, i.Hooks))
	if !i.HooksStarted.IsZero() {
		attrs = append(attrs, ms(record.HooksMs, i.Finished.Sub(i.HooksStarted)))
	}
	attrs = append(attrs,
		slog.Int(record.Failures, i.Failures),
		slog.Int(record.Abandoned, i.Abandoned),
		slog.Bool(record.ColdStart, i.ColdStart))
	r.log.write(ctx, slog.LevelInfo, record.Hooks, i.RequestID, attrs)
}

func (r recorder) shutdown(ctx context.Context, s ShutdownResult) {
	r.log.write(ctx, slog.LevelInfo, record.ShutdownHooks, "", []slog.Attr{
		slog.Int(record.HookCount, s.Hooks),
		ms(record.HooksMs, s.Finished.Sub(s.Started)),
		ms(record.BudgetMs, s.Budget),
		slog.Int(record.Failures, s.Failures),
		slog.Int(record.Abandoned, s.Abandoned),
	})
}
