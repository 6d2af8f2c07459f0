// Command auditrow writes a row into a database after the response, and closes
// the pool of connections when the execution environment shuts down.
//
// A row that must not be lost belongs before the response: hooks are not
// retried.
package main

import (
	"context"
	"database/sql"
	"log"
	"os"

	_ "modernc.org/sqlite" // the driver; any other will do

	"example.com/postinvoke/postinvoke"
)

func main() {
	name := os.Getenv("DATABASE")
	if name == "" {
		log.Fatal("DATABASE is not set: it names the database for the driver")
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		log.Fatal(err)
	}
	postinvoke.ShutdownContext(func(context.Context) error { return db.Close() })
	b := bank{db}
	postinvoke.Start(b.transfer, nil)
}

type bank struct{ db *sql.DB }

type transfer struct {
	To     string `json:"to"`
	Amount int    `json:"amount"`
}

func (b bank) transfer(ctx context.Context, t transfer) (string, error) {
	postinvoke.RunContext(ctx, func(ctx context.Context) error {
		// This ctx, not the handler's, which has ended by now. Give the two
		// the same name, and you cannot take the wrong one.
		_, err := b.db.ExecContext(ctx, `INSERT INTO audit (recipient, amount) VALUES (?, ?)`, t.To, t.Amount)
		return err
	})
	return "transferred", nil
}
