// Package context has hooks that use a context of the handler's.
package context

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/postinvoke"
)

var db *sql.DB

type key struct{}

func insert(ctx context.Context, row string) error {
	_, err := db.ExecContext(ctx, "INSERT INTO audit VALUES (?)", row)
	return err
}

func run(ctx context.Context, row string) {
	postinvoke.Run(ctx, func() {
		if err := insert(ctx, row); err != nil { // want `ctx is the handler's context, which has ended when the hook runs, so insert fails: use RunContext, which passes one in that has not \(docs/hooklint.md#context\)`
			slog.ErrorContext(ctx, "no row", "error", err)
			return
		}
	})
}

func runContext(ctx context.Context, row string) {
	postinvoke.RunContext(ctx, func(context.Context) error {
		return insert(ctx, row) // want `ctx is the handler's context.*: use the context that RunContext passes in`
	})
	postinvoke.RunContext(ctx, func(_ context.Context) error {
		return insert(ctx, row) // want `ctx is the handler's context`
	})
	postinvoke.RunContext(ctx, func(hookCtx context.Context) error {
		return insert(ctx, row) // want `ctx is the handler's context`
	})
}

func beside(ctx context.Context, row string) {
	postinvoke.Go(ctx, func(context.Context) error {
		return insert(ctx, row) // want `ctx is the handler's context, which ends when the response is sent, though insert may still be at work: use the context that Go passes in`
	})
}

func derived(ctx context.Context, row string) {
	rowCtx := context.WithValue(ctx, key{}, row)
	postinvoke.RunContext(ctx, func(context.Context) error {
		return insert(rowCtx, row) // want `rowCtx derives from the handler's context`
	})
	postinvoke.RunContext(rowCtx, func(hookCtx context.Context) error {
		return insert(rowCtx, row) // want `rowCtx derives from the handler's context`
	})
	limited, cancel := context.WithTimeout(with(ctx, row), time.Second)
	defer cancel()
	postinvoke.Go(ctx, func(own context.Context) error {
		_, err := db.QueryContext(limited, "SELECT 1") // want `limited derives from the handler's context`
		return err
	})
}

// with returns a context that derives from ctx, which the caller is to know.
func with(ctx context.Context, row string) context.Context {
	return context.WithValue(ctx, key{}, row)
}

func registeredWith(ctx context.Context, row string) {
	rowCtx := context.WithValue(ctx, key{}, row)
	otherCtx := context.WithValue(ctx, key{}, "other")
	postinvoke.RunContext(rowCtx, func(hookCtx context.Context) error {
		return insert(ctx, row) // want `ctx is the handler's context`
	})
	postinvoke.RunContext(rowCtx, func(hookCtx context.Context) error {
		return insert(otherCtx, row) // want `otherCtx derives from the handler's context`
	})
	postinvoke.RunContext(context.WithValue(ctx, key{}, row), func(context.Context) error {
		return insert(ctx, row) // want `ctx is the handler's context`
	})
	postinvoke.RunContext(ctx, func(context.Context) error {
		ctx := context.WithValue(ctx, key{}, row)
		return insert(ctx, row) // want `ctx derives from the handler's context`
	})
}

func limitInHook(ctx context.Context, row string) {
	postinvoke.Run(ctx, func() {
		limited, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if err := insert(limited, row); err != nil { // want `limited derives from the handler's context`
			slog.Error("no row", "error", err)
		}
	})
}

func waits(ctx context.Context, rows <-chan string) {
	postinvoke.RunContext(ctx, func(context.Context) error {
		select {
		case <-ctx.Done(): // want `ctx is the handler's context, which has ended when the hook runs, so ctx.Done has nothing to wait for`
			return nil
		case row := <-rows:
			return insertAll(row)
		}
	})
	postinvoke.Run(ctx, func() {
		for {
			select {
			case <-ctx.Done(): // want `ctx is the handler's context`
				return
			case row := <-rows:
				slog.Info(row)
			}
		}
	})
	postinvoke.RunContext(ctx, func(context.Context) error {
		if ctx.Err() != nil { // want `so ctx.Err always has an error`
			return nil
		}
		return insertAll("row")
	})
}

func insertAll(...string) error { return nil }

func request(w http.ResponseWriter, r *http.Request) {
	postinvoke.RunContext(r.Context(), func(context.Context) error {
		return insert(r.Context(), r.URL.Path) // want `r.Context\(\) is the request's context, which has ended`
	})
	ctx := r.Context()
	postinvoke.Run(ctx, func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://x", bytes.NewReader(nil)) // want `ctx derives from the handler's context`
		if err == nil {
			http.DefaultClient.Do(req)
		}
	})
}

func assigned(ctx context.Context, row string) {
	flush := func() {
		_ = insertAll(row)
		if err := insert(ctx, row); err != nil { // want `ctx is the handler's context`
			slog.Error("no row")
		}
	}
	postinvoke.Run(ctx, flush)
}

// A result that carries its error.
type result struct{ err error }

func (r *result) Err() error { return r.err }

type cache interface {
	Set(ctx context.Context, key, value string) *result
}

func results(ctx context.Context, c cache, row string) {
	postinvoke.Run(ctx, func() {
		if err := c.Set(ctx, "row", row).Err(); err != nil { // want `ctx is the handler's context, which has ended when the hook runs, so c.Set fails`
			slog.Error("not cached")
		}
	})
}

// The rest is right.

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
