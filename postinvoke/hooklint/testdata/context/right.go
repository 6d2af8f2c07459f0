package context

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/postinvoke"
)

// Nothing is reported in this file.

func own(ctx context.Context, row string) {
	postinvoke.RunContext(ctx, func(ctx context.Context) error { return insert(ctx, row) })
	postinvoke.RunContext(ctx, func(ctx context.Context) error {
		limited, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return insert(limited, row)
	})
}

func values(ctx context.Context, log *slog.Logger) {
	postinvoke.Run(ctx, func() {
		lc, _ := lambdacontext.FromContext(ctx)
		slog.InfoContext(ctx, "hook", "id", lc.AwsRequestID, "value", ctx.Value(key{}))
		note(ctx, log, "done")
		deadline, _ := ctx.Deadline()
		slog.Info("left", "time", time.Until(deadline))
	})
}

// note uses the context's values only, as its callers are to know.
func note(ctx context.Context, log *slog.Logger, what string) {
	ctx = context.WithValue(ctx, key{}, what)
	if ctx.Value(key{}) != nil {
		log.InfoContext(ctx, what)
	}
}

func detaches(ctx context.Context, row string) {
	kept := context.WithoutCancel(ctx)
	postinvoke.Run(ctx, func() {
		limited, cancel := context.WithTimeout(kept, time.Second)
		defer cancel()
		if err := insert(limited, row); err != nil {
			slog.Error("no row")
		}
	})
	postinvoke.Run(ctx, func() {
		if err := insert(detach(ctx), row); err != nil {
			slog.Error("no row")
		}
	})
	postinvoke.Run(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := insert(ctx, row); err != nil {
			slog.Error("no row")
		}
	})
}

func detach(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

func nested(ctx context.Context, row string) {
	postinvoke.Run(ctx, func() {
		postinvoke.RunContext(ctx, func(ctx context.Context) error { return insert(ctx, row) })
	})
	postinvoke.Go(ctx, func(own context.Context) error {
		select {
		case <-ctx.Done(): // the response is sent
		case <-own.Done():
			return own.Err()
		}
		return insert(own, row)
	})
}

func afterResponse(ctx context.Context, row string) {
	postinvoke.Go(ctx, func(own context.Context) error {
		<-ctx.Done()
		return insert(own, row)
	})
}

func nestedAfterResponse(ctx context.Context, row string) {
	postinvoke.Run(ctx, func() { afterResponse(ctx, row) })
}

func other(ctx, process context.Context, row string) {
	postinvoke.RunContext(ctx, func(context.Context) error { return insert(process, row) })
}

type server struct{ ctx context.Context }

func (s server) field(ctx context.Context, row string) {
	postinvoke.RunContext(ctx, func(context.Context) error { return insert(s.ctx, row) })
}

func ignored(ctx context.Context, row string) {
	postinvoke.RunContext(ctx, func(context.Context) error {
		return insert(ctx, row) //hooklint:ignore the test is about the comment
	})
}

type logger interface {
	Log(ctx context.Context, message string) error
}

func logs(ctx context.Context, l logger) {
	postinvoke.Run(ctx, func() {
		if err := l.Log(ctx, "logged"); err != nil {
			slog.Error("no log", "error", err)
		}
		slog.Info("the handler's context has ended", "error", ctx.Err())
	})
}
