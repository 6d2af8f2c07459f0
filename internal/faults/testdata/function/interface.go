package main

import (
	"bytes"
	"context"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// A handlerMiddleware is also around the wrapped handler, but calls it through
// aws-lambda-go's interface, so that a function of aws-lambda-go is between them.
// An event that begins with "timed: " gets a timeout.
type handlerMiddleware struct{ next lambda.Handler }

func (m handlerMiddleware) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if plain := bytes.Replace(payload, []byte("timed: "), nil, 1); len(plain) < len(payload) {
		timed, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		ctx, payload = timed, plain
	}
	return m.next.Invoke(ctx, payload)
}
