package handlers

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"sync"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

// A scheduled job that connects at its first event, with the pool and a
// background loop for the life of the environment.

type job struct {
	connect sync.Once
	db      *sql.DB
	kicks   chan struct{}
}

func (j *job) handle(ctx context.Context, e events.EventBridgeEvent) error {
	j.connect.Do(func() {
		db, err := sql.Open("postgres", os.Getenv("DSN"))
		if err != nil {
			log.Fatal(err) // the environment is of no use: in the handler, not in a hook
		}
		j.db = db
		go j.loop()
		postinvoke.ShutdownContext(func(context.Context) error { return db.Close() })
	})
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "SELECT 1"); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	postinvoke.RunContext(ctx, func(ctx context.Context) error {
		_, err := j.db.ExecContext(ctx, "REFRESH MATERIALIZED VIEW CONCURRENTLY totals")
		return err
	})
	select {
	case j.kicks <- struct{}{}:
	default:
	}
	return nil
}

func (j *job) loop() {
	for range j.kicks {
		fmt.Println("kicked")
	}
}

func startJob() {
	j := &job{kicks: make(chan struct{}, 1)}
	lambda.Start(postinvoke.WrapHandler(lambda.NewHandler(j.handle), nil))
}
