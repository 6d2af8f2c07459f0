// Package handlers has handlers in shapes that are usual in public, with hooks
// used as they should be. No check has anything to say about them.
package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"golang.org/x/sync/errgroup"

	"example.com/postinvoke/postinvoke"
)

// A worker pool over an SQS batch, which reports the messages that failed.

type queue struct {
	process func(context.Context, events.SQSMessage) error
	metrics *metrics
}

type metrics struct {
	mu     sync.Mutex
	counts map[string]int
}

func (m *metrics) add(name string, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[name] += n
}

func (m *metrics) flush(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return errors.Join(ctx.Err(), json.NewEncoder(discard{}).Encode(m.counts))
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func (q *queue) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	postinvoke.RunContext(ctx, q.metrics.flush)

	jobs := make(chan events.SQSMessage)
	failed := make(chan string)
	var workers sync.WaitGroup
	for range 4 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for m := range jobs {
				if err := q.process(ctx, m); err != nil {
					slog.ErrorContext(ctx, "message failed", "id", m.MessageId, "error", err)
					failed <- m.MessageId
				}
			}
		}()
	}
	go func() {
		for _, m := range batch.Records {
			jobs <- m
		}
		close(jobs)
		workers.Wait()
		close(failed)
	}()

	var response events.SQSEventResponse
	for id := range failed {
		response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	q.metrics.add("failed", len(response.BatchItemFailures))
	return response, nil
}

// The same with errgroup.

func (q *queue) handleAll(ctx context.Context, batch events.SQSEvent) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for _, m := range batch.Records {
		g.Go(func() error { return q.process(gctx, m) })
	}
	err := g.Wait()
	postinvoke.Run(ctx, func() {
		slog.InfoContext(ctx, "batch is done", "messages", len(batch.Records), "error", err)
	})
	return err
}

func startQueue(q *queue) {
	lambda.Start(postinvoke.Wrap(q.handle, &postinvoke.Options{}))
}

func startAll(q *queue) {
	lambda.Start(postinvoke.WrapHandler(lambda.NewHandler(q.handleAll), nil))
}
