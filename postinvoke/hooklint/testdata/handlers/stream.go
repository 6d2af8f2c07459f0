package handlers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

// A response that is written while it is sent.

func export(ctx context.Context, rows func(context.Context, func(any) error) error) (*events.LambdaFunctionURLStreamingResponse, error) {
	r, w := io.Pipe()
	var written atomic.Int64
	go func() {
		buffered := bufio.NewWriter(w)
		encoder := json.NewEncoder(buffered)
		err := rows(ctx, func(row any) error {
			written.Add(1)
			return encoder.Encode(row)
		})
		w.CloseWithError(errors.Join(err, buffered.Flush()))
	}()
	postinvoke.Run(ctx, func() { fmt.Println("rows:", written.Load()) })
	return &events.LambdaFunctionURLStreamingResponse{Body: r}, nil
}

// The fastest of several answers, with a limit of its own.

type quote struct{ Price int }

func fastest(ctx context.Context, sources []func(context.Context) (quote, error)) (quote, error) {
	limited, cancel := context.WithTimeoutCause(ctx, 300*time.Millisecond, errors.New("no source has answered"))
	postinvoke.Run(ctx, cancel)
	type answer struct {
		quote quote
		err   error
	}
	answers := make(chan answer, len(sources))
	for _, source := range sources {
		go func() {
			q, err := source(limited)
			answers <- answer{q, err}
		}()
	}
	var errs error
	for range sources {
		select {
		case a := <-answers:
			if a.err == nil {
				return a.quote, nil
			}
			errs = errors.Join(errs, a.err)
		case <-limited.Done():
			return quote{}, context.Cause(limited)
		}
	}
	return quote{}, errs
}

// A cache that is refreshed beside the handler, and a timer in it.

type cache struct {
	value   atomic.Pointer[quote]
	refresh func(context.Context) (*quote, error)
}

func (c *cache) handle(ctx context.Context, _ json.RawMessage) (*quote, error) {
	if q := c.value.Load(); q != nil {
		postinvoke.Go(ctx, func(ctx context.Context) error {
			q, err := c.refresh(ctx)
			if err != nil {
				return fmt.Errorf("refresh the quote: %w", err)
			}
			c.value.Store(q)
			return nil
		})
		return q, nil
	}
	warn := time.AfterFunc(time.Second, func() { slog.WarnContext(ctx, "still waiting") })
	defer warn.Stop()
	return c.refresh(ctx)
}

func startCache(c *cache) {
	lambda.Start(postinvoke.Wrap(c.handle, nil))
}
