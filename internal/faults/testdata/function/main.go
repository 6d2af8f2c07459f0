// Command function fails in the ways that its event names. Variables set up what
// fails at init and at shutdown:
//
//	API=silent      the Extensions API does not answer a registration; more in api.go
//	INIT=sigterm    the second time it starts, it gets SIGTERM before it is ready
//	LOGGER=panics   its logger panics; more in logger.go
//	MARGIN=1s       is Options.Margin
//	MIDDLEWARE=yes  a handler is around the wrapped one: see middleware.go, and
//	                interface.go for MIDDLEWARE=handler
//	SHUTDOWN=bye    registers that shutdown function; more in shutdowns
//	SIGTERM=call    aws-lambda-go calls a function of it on SIGTERM
//	WARMUP=nothing  calls the wrapped handler with that event during init
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

// another is a second wrapped handler in the same process.
var another func(context.Context, string) (string, error)

func main() {
	replaceAPI(os.Getenv("API"))
	for name := range strings.FieldsSeq(os.Getenv("SHUTDOWN")) {
		postinvoke.Shutdown(shutdowns[name])
	}
	if os.Getenv("INIT") == "sigterm" && startedBefore() == 1 {
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		select {}
	}
	opts := &postinvoke.Options{Logger: newLogger(os.Getenv("LOGGER"))}
	if margin, err := time.ParseDuration(os.Getenv("MARGIN")); err == nil {
		opts.Margin = margin
	}
	another = postinvoke.Wrap(func(ctx context.Context, name string) (string, error) {
		postinvoke.Run(ctx, anotherHook)
		return "hello " + name, nil
	}, opts)
	var options []lambda.Option
	if os.Getenv("SIGTERM") != "" {
		options = append(options, lambda.WithEnableSIGTERM(func() { fmt.Println("called back") }))
	}
	handler := postinvoke.Wrap(handle, opts)
	if os.Getenv("MIDDLEWARE") == "yes" {
		handler = middleware(handler)
	}
	if os.Getenv("WARMUP") != "" {
		handler(context.Background(), event{os.Getenv("WARMUP")})
	}
	if os.Getenv("MIDDLEWARE") == "handler" {
		lambda.StartWithOptions(handlerMiddleware{lambda.NewHandler(handler)}, options...)
	}
	lambda.StartWithOptions(handler, options...)
}

// startedBefore returns how often the function has started in this environment:
// /tmp outlives a reset.
func startedBefore() int {
	path := filepath.Join(os.TempDir(), "starts")
	starts, _ := os.ReadFile(path)
	if err := os.WriteFile(path, append(starts, '.'), 0o600); err != nil {
		panic(err)
	}
	return len(starts)
}

// shutdowns are shutdown functions.
var shutdowns = map[string]func(){
	"bye":    bye,
	"exit":   exitAtShutdown,
	"crash":  crashAtShutdown,
	"panics": func() { panic("no way out") },
}

func bye() { fmt.Println("bye") }

func exitAtShutdown() { os.Exit(3) }

func crashAtShutdown() {
	go panic("no way out")
	select {}
}

// handle takes the steps of the event, one after the other: in the handler, in a
// hook, or while the response is sent.
func handle(ctx context.Context, e event) (any, error) {
	callArrived()
	if e.Do == "nothing" { // not even a hook
		return nil, nil
	}
	postinvoke.Run(ctx, firstHook)
	for step := range strings.SplitSeq(e.Do, ", ") {
		if hook, ok := strings.CutPrefix(step, "hook "); ok {
			postinvoke.RunContext(ctx, fault(hook))
		} else if hook, ok := strings.CutPrefix(step, "brief hook "); ok {
			postinvoke.RunContext(ctx, fault(hook), postinvoke.Timeout(time.Millisecond))
		} else if hook, ok := strings.CutPrefix(step, "brief go "); ok {
			postinvoke.Go(ctx, fault(hook), postinvoke.Timeout(time.Millisecond))
		} else if hook, ok := strings.CutPrefix(step, "go "); ok {
			postinvoke.Go(ctx, fault(hook))
		} else if then := streams[step]; then != nil {
			return &stream{then: then}, nil
		} else if step == "flood" {
			return strings.Repeat("x", 7<<20), nil
		} else if step == "call another" {
			return another(ctx, "world")
		} else if err := fault(step)(ctx); err != nil {
			return nil, err
		}
	}
	return map[string]string{"did": e.Do}, nil
}

func firstHook()   { fmt.Println("first hook") }
func anotherHook() { fmt.Println("hook of another") }
