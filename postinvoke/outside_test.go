package postinvoke_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/record"
)

// Outside of Lambda hooks run when whoever calls the handler ends its context,
// as aws-lambda-go does when a response was accepted.
func TestOutsideOfLambda(t *testing.T) {
	var log bytes.Buffer
	ran := make(chan string, 1)
	handler := postinvoke.Wrap(func(ctx context.Context, name string) (string, error) {
		postinvoke.RunContext(ctx, func(ctx context.Context) error {
			lc, _ := lambdacontext.FromContext(ctx)
			ran <- lc.AwsRequestID
			return nil
		})
		return "hello " + name, nil
	}, &postinvoke.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})

	if got := log.String(); !strings.Contains(got, record.Ready) || !strings.Contains(got, "mode=none") {
		t.Errorf("got log %q, want it to say that the mode is none", got)
	}
	ctx, respond := context.WithCancel(lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r"}))
	defer respond()
	got, err := handler(ctx, "world")
	if got != "hello world" || err != nil {
		t.Errorf("got %q, %v, want hello world", got, err)
	}
	select {
	case <-ran:
		t.Error("the hook ran before the response")
	default:
	}
	respond()
	if got := <-ran; got != "r" {
		t.Errorf("got request id %q, want r", got)
	}
}
