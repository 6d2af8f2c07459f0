// Package error has hooks that throw errors away.
package error

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"example.com/postinvoke/postinvoke"
)

var (
	db     *sql.DB
	client *http.Client
)

func flush() error { return nil }

func send(ctx context.Context, id string) error { return ctx.Err() }

func handle(ctx context.Context, id string) {
	postinvoke.Run(ctx, func() { _ = flush() }) // want `the error of flush is thrown away: return it from a hook of RunContext, which logs it \(.*docs/hooklint.md#error\)`
	postinvoke.Run(ctx, func() {
		if id == "" {
			return
		}
		flush() // want `the error of flush is thrown away`
	})
	postinvoke.Run(ctx, func() {
		db.Exec("DELETE FROM sessions WHERE id = ?", id) // want `the error of db.Exec is thrown away`
	})
	postinvoke.Run(ctx, func() {
		fmt.Println("sends")
		_ = send(context.WithoutCancel(ctx), id) // want `the error of send is thrown away`
		fmt.Println("sent")
	})
	postinvoke.Run(ctx, func() {
		_ = send(ctx, id) // want `ctx is the handler's context` `the error of send is thrown away`
	})
	postinvoke.RunContext(ctx, func(ctx context.Context) error {
		_ = send(ctx, id) // want `the error of send is thrown away: return it, and RunContext logs it`
		return nil
	})
	postinvoke.Go(ctx, func(ctx context.Context) error {
		db.ExecContext(ctx, "VACUUM") // want `the error of db.ExecContext is thrown away: return it, and Go logs it`
		return nil
	})
}

// The rest is right.

func right(ctx context.Context, id string, file *os.File, response *http.Response, event []byte) {
	postinvoke.Run(ctx, func() { fmt.Println("printed") })
	postinvoke.Run(ctx, func() { response.Body.Close() })
	postinvoke.Run(ctx, func() { _ = file.Close() })
	postinvoke.Run(ctx, func() { os.Remove(file.Name()) })
	postinvoke.Run(ctx, func() { slog.Info("logged") })
	postinvoke.Run(ctx, func() {
		var e struct{ ID string }
		_ = json.Unmarshal(event, &e) // whatever it is
		fmt.Println(e.ID)
	})
	postinvoke.Run(ctx, func() {
		if err := flush(); err != nil {
			slog.Error("flush", "error", err)
		}
	})
	postinvoke.RunContext(ctx, func(ctx context.Context) error { return send(ctx, id) })
	postinvoke.RunContext(ctx, func(ctx context.Context) error {
		fmt.Println("sent")
		return nil
	})
}
