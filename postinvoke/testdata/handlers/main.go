// Command handlers is a function under test: KIND names its handler, and
// WRAPPED=false runs it without the library, so that a test can compare.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/postinvoke"
)

type event struct {
	Number any    `json:"number"`
	Text   string `json:"text"`
}

func main() {
	handlerOptions := []lambda.Option{
		lambda.WithUseNumber(true), lambda.WithDisallowUnknownFields(true),
		lambda.WithSetIndent("", "  "), lambda.WithSetEscapeHTML(true),
	}
	if name, ok := strings.CutPrefix(os.Getenv("KIND"), "start "); ok {
		startAny(signatures[name], handlerOptions...)
	}
	if name, ok := strings.CutPrefix(os.Getenv("KIND"), "wrap "); ok {
		startHandler(lambda.NewHandlerWithOptions(signatures[name], handlerOptions...))
	}
	switch kind := os.Getenv("KIND"); kind {
	case "signatures":
		json.NewEncoder(os.Stdout).Encode(slices.Sorted(maps.Keys(signatures)))
	case "typed":
		start(echo)
	case "typed options":
		start(echo, handlerOptions...)
	case "typed page":
		start(func(context.Context, event) (io.Reader, error) { return page{strings.NewReader("<p>")}, nil })
	case "handler":
		startHandler(lambda.NewHandler(echo))
	case "handler options":
		startHandler(lambda.NewHandlerWithOptions(echo, handlerOptions...))
	case "handler error":
		startHandler(lambda.NewHandler(func() error { return errors.New("no") }))
	case "handler page":
		startHandler(lambda.NewHandler(func() (any, error) { return page{strings.NewReader("<p>")}, nil }))
	case "handler reader":
		startHandler(lambda.NewHandler(func() (io.Reader, error) { return strings.NewReader("<p>"), nil }))
	case "handler reader with a JSON form":
		startHandler(lambda.NewHandler(func() (io.Reader, error) { return document{Title: "t"}, nil }))
	case "handler that calls another":
		other := lambda.NewHandler(func() (io.Reader, error) { return page{strings.NewReader("<p>")}, nil })
		startHandler(lambda.NewHandler(func(ctx context.Context) (string, error) {
			b, err := other.Invoke(ctx, nil)
			return string(b), err
		}))
	case "handler of bytes":
		startHandler(raw{})
	case "invalid handler":
		startHandler(lambda.NewHandler(42))
	case "logger of the function":
		startLogging(lambdacontext.NewLogger())
	case "own logger":
		startLogging(slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: lambdacontext.ReplaceAttr})))
	case "base context that ends early":
		base, cancel := context.WithCancel(context.Background())
		start(func(ctx context.Context, e event) (event, error) {
			postinvoke.Run(ctx, func() { fmt.Println("hook") })
			cancel()
			<-ctx.Done()
			fmt.Println("the handler returns")
			return e, nil
		}, lambda.WithContext(base))
	case "base context that has ended":
		base, cancel := context.WithDeadline(context.Background(), time.Now())
		defer cancel()
		start(func(ctx context.Context, e event) (event, error) {
			postinvoke.Run(ctx, func() { fmt.Println("hook") })
			postinvoke.Go(ctx, func(context.Context) error { fmt.Println("beside the handler"); return nil })
			return e, nil
		}, lambda.WithContext(base))
	case "wrapped twice":
		inner := postinvoke.Wrap(func(ctx context.Context, e event) (event, error) {
			postinvoke.Run(ctx, func() { fmt.Println("hook") })
			return e, nil
		}, nil)
		startHandler(lambda.NewHandler(inner))
	case "two wrapped handlers in one that is not":
		first := postinvoke.Wrap(echo, nil)
		second := postinvoke.Wrap(func(ctx context.Context, e event) (any, error) {
			postinvoke.Run(ctx, func() {
				time.Sleep(200 * time.Millisecond) // long enough to be frozen in
				fmt.Println("hook")
			})
			return nil, nil
		}, nil)
		lambda.Start(func(ctx context.Context, e event) (any, error) {
			if _, err := first(ctx, e); err != nil {
				return nil, err
			}
			return second(ctx, e)
		})
	case "outside of Lambda":
		callDirectly()
	default:
		panic("unknown kind " + kind)
	}
}

func startAny(h any, options ...lambda.Option) {
	if wrapped() {
		postinvoke.Start(h, nil, options...)
	}
	lambda.StartWithOptions(h, options...)
}

func wrapped() bool { return os.Getenv("WRAPPED") != "false" }

func start[Out any](h func(context.Context, event) (Out, error), options ...lambda.Option) {
	if wrapped() {
		h = postinvoke.Wrap(h, nil)
	}
	lambda.StartWithOptions(h, options...)
}

func startHandler(h lambda.Handler) {
	if wrapped() {
		h = postinvoke.WrapHandler(h, nil)
	}
	lambda.StartHandler(h)
}

func startLogging(l *slog.Logger) {
	lambda.Start(postinvoke.Wrap(func(ctx context.Context, e event) (event, error) {
		postinvoke.Run(ctx, func() {})
		return e, nil
	}, &postinvoke.Options{Logger: l}))
}

// callDirectly is the runtime for one invocation.
func callDirectly() {
	ran := make(chan string)
	handler := postinvoke.Wrap(func(ctx context.Context, name string) (string, error) {
		postinvoke.RunContext(ctx, func(ctx context.Context) error {
			lc, _ := lambdacontext.FromContext(ctx)
			ran <- lc.AwsRequestID
			return nil
		})
		return "hello " + name, nil
	}, nil)
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "r"})
	ctx, respond := context.WithCancel(ctx)
	fmt.Println(handler(ctx, "world"))
	select {
	case <-ran:
		panic("the hook ran before the response")
	default:
	}
	respond()
	fmt.Println("hook of", <-ran)
}

func echo(_ context.Context, e event) (any, error) {
	return map[string]any{"type": fmt.Sprintf("%T", e.Number), "event": e}, nil
}

// page is a stream with a content type.
type page struct{ io.Reader }

func (page) ContentType() string { return "text/html" }

func (page) MarshalJSON() ([]byte, error) { return nil, errors.New("a page is not JSON") }

// document is a reader that aws-lambda-go encodes nevertheless.
type document struct{ Title string }

func (document) Read([]byte) (int, error) { return 0, io.EOF }

// raw takes and returns bytes.
type raw struct{}

func (raw) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	if !json.Valid(payload) {
		return nil, errors.New("not JSON")
	}
	return append([]byte("raw: "), payload...), nil
}
