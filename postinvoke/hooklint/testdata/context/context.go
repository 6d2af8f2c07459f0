// Package context has hooks that use a context of the handler's.
package context

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"time"

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
		if err := insert(ctx, row); err != nil { // want `ctx is the handler's context, which has ended when the hook runs, so insert fails: use RunContext, which passes one in that has not \(.*docs/hooklint.md#context\)`
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
		return insert(r.Context(), r.URL.Path) // want `r.Context\(\) is the handler's context, which has ended`
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
