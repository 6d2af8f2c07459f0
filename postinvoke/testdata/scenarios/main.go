// Command scenarios is the function under test: every event names what its
// handler is to do. It prints what happens, for the test to read in the log.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/record"
)

type event struct {
	Do string `json:"do"`
}

var (
	savedContext context.Context
	release      = make(chan struct{})
)

func main() {
	switch os.Getenv("SHUTDOWN") {
	case "order":
		postinvoke.Shutdown(say("bye first registered"))
		postinvoke.ShutdownContext(func(ctx context.Context) error {
			_, ok := ctx.Deadline()
			fmt.Println("bye second registered, deadline:", ok)
			return errors.New("could not say it well")
		})
		postinvoke.Shutdown(func() { panic("no time to die") })
		postinvoke.Shutdown(func() { runtime.Goexit() })
		postinvoke.Shutdown(say("bye last registered"))
	case "overrun":
		postinvoke.Shutdown(say("never said"))
		postinvoke.Shutdown(func() { fmt.Println("bye..."); select {} })
	case "plain":
		postinvoke.Shutdown(say("bye"))
	case "late":
		postinvoke.Shutdown(func() { postinvoke.Shutdown(say("NEVER")) })
	}
	lambda.Start(postinvoke.Wrap(handle, &postinvoke.Options{
		Margin: margin(), HookTimeout: hookTimeout(), Observer: observer(), Logger: logger(),
	}))
}

// logger registers a hook when one is logged as abandoned, and ends the process when
// that hook is, if the variable LOGGER is set.
func logger() *slog.Logger {
	if os.Getenv("LOGGER") == "" {
		return nil
	}
	return slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			const name = "registered late"
			switch {
			case a.Key == record.Hook && a.Value.String() == name:
				os.Exit(1)
			case a.Key == record.Hook:
				postinvoke.Run(savedContext, say("NEVER"), postinvoke.Name(name))
			}
			return lambdacontext.ReplaceAttr(groups, a)
		},
	}))
}

// observer prints every result, if the variable OBSERVE is set.
func observer() *postinvoke.Observer {
	if os.Getenv("OBSERVE") == "" {
		return nil
	}
	return &postinvoke.Observer{
		Hook:       func(ctx context.Context, r postinvoke.HookResult) { printHook(ctx, "hook", r) },
		LateHook:   func(ctx context.Context, r postinvoke.HookResult) { printHook(ctx, "late hook", r) },
		Invocation: func(ctx context.Context, r postinvoke.InvocationResult) { printResult(ctx, "invocation", r, "") },
		Shutdown:   func(ctx context.Context, r postinvoke.ShutdownResult) { printResult(ctx, "shutdown", r, "") },
	}
}

func printHook(ctx context.Context, function string, r postinvoke.HookResult) {
	text := fmt.Sprint(r.Err)
	r.Err = nil // which has no form in JSON
	printResult(ctx, function, r, text)
}

func printResult(ctx context.Context, function string, result any, err string) {
	line, jsonErr := json.Marshal(map[string]any{
		"Function": function, "Result": result, "Err": err, "Enabled": postinvoke.Enabled(ctx), "Ended": ctx.Err() != nil,
	})
	if jsonErr != nil {
		panic(jsonErr)
	}
	fmt.Printf("observed %s\n", line)
}

// hookTimeout is Options.HookTimeout.
func hookTimeout() time.Duration {
	d, _ := time.ParseDuration(os.Getenv("HOOK_TIMEOUT"))
	return d
}

// margin is Options.Margin.
func margin() time.Duration {
	d, err := time.ParseDuration(os.Getenv("MARGIN"))
	if err != nil {
		return 500 * time.Millisecond
	}
	return d
}

func say(words ...any) func() {
	return func() { fmt.Println(words...) }
}

func handle(ctx context.Context, e event) (any, error) {
	fmt.Println("handler", e.Do)
	switch e.Do {
	case "nothing":
	case "order":
		for i := range 3 {
			postinvoke.Run(ctx, say("hook", i))
		}
	case "partial line":
		postinvoke.Run(ctx, func() { fmt.Print("a line without an end") })
	case "abandoned":
		savedContext = ctx
		deadline, _ := ctx.Deadline()
		time.Sleep(time.Until(deadline.Add(-margin()))) // until no time is left
		postinvoke.Run(ctx, say("NEVER"))
	case "late Go":
		deadline, _ := ctx.Deadline()
		time.Sleep(time.Until(deadline.Add(-margin()))) // until no time is left
		postinvoke.Go(ctx, func(context.Context) error { fmt.Println("NEVER"); return nil })
		postinvoke.Run(ctx, say("NEVER"))
	case "error":
		postinvoke.Run(ctx, say("hook"))
		return nil, errors.New("the handler's error")
	case "panic":
		postinvoke.Run(ctx, say("hook"))
		postinvoke.Go(ctx, func(context.Context) error {
			fmt.Println("beside the handler")
			return nil
		})
		panicking()
	case "nested":
		postinvoke.Run(ctx, say("outer"))
		postinvoke.RunContext(ctx, func(hookCtx context.Context) error {
			fmt.Println("registers two")
			postinvoke.Run(ctx, say("with the handler's context"))
			postinvoke.Run(hookCtx, say("with the hook's context"))
			return nil
		})
	case "crowd":
		var registered sync.WaitGroup
		var ran atomic.Int64
		postinvoke.Run(ctx, func() { fmt.Println("ran", ran.Load()) })
		for range 100 {
			registered.Go(func() { postinvoke.Run(ctx, func() { ran.Add(1) }) })
			_ = fmt.Sprintf("%v %+v %#v", ctx, ctx, ctx) // as a logger might
		}
		registered.Wait()
	case "save":
		savedContext = ctx
		postinvoke.Run(ctx, say("hook of the first"))
	case "late":
		postinvoke.Run(savedContext, say("NEVER"))
		postinvoke.Run(ctx, say("hook of the second"))
	case "failing":
		postinvoke.Run(ctx, say("the last hook"))
		postinvoke.RunContext(ctx, func(context.Context) error { return errors.New("disk full") })
		postinvoke.RunContext(ctx, func(context.Context) error {
			var typedNil *fullDisk
			return typedNil
		})
		postinvoke.Run(ctx, func() { runtime.Goexit() })
		postinvoke.Run(ctx, say("a hook between"))
		postinvoke.Run(ctx, func() { panicking() })
	case "context":
		functionDeadline, _ := ctx.Deadline()
		ctx = context.WithValue(ctx, event{}, "kept")
		postinvoke.Go(ctx, func(goCtx context.Context) error {
			<-ctx.Done()
			fmt.Println("value in Go:", goCtx.Value(event{}))
			return nil
		})
		postinvoke.RunContext(ctx, func(hookCtx context.Context) error {
			fmt.Println("value:", hookCtx.Value(event{}))
			lc, _ := lambdacontext.FromContext(hookCtx)
			deadline, _ := hookCtx.Deadline()
			fmt.Println("request id", lc.AwsRequestID)
			fmt.Println("handler's context:", ctx.Err(), "hook's context:", hookCtx.Err())
			fmt.Println("margin", functionDeadline.Sub(deadline))
			<-hookCtx.Done()
			fmt.Println("then:", hookCtx.Err())
			return hookCtx.Err()
		})
	case "overrun":
		postinvoke.Run(ctx, say("NEVER"))
		postinvoke.Run(ctx, func() {
			fmt.Println("overruns")
			<-release
		})
	case "release":
		close(release)
	case "options":
		postinvoke.Run(ctx, say("the last hook"))
		postinvoke.RunContext(ctx, func(ctx context.Context) error {
			<-ctx.Done()
			fmt.Println("cause:", context.Cause(ctx))
			return ctx.Err()
		}, postinvoke.Name("obeys"), postinvoke.Timeout(10*time.Millisecond))
		postinvoke.Run(ctx, func() { <-release }, postinvoke.Timeout(10*time.Millisecond), postinvoke.Name("stuck"))
		postinvoke.Go(ctx, func(ctx context.Context) error {
			<-ctx.Done()
			fmt.Println("cause beside the handler:", context.Cause(ctx))
			return nil
		}, postinvoke.Timeout(time.Hour))
	case "default timeout":
		postinvoke.Run(ctx, say("the last hook"))
		postinvoke.Run(ctx, func() { <-release })
		postinvoke.Run(ctx, func() { time.Sleep(50 * time.Millisecond) }, postinvoke.Timeout(time.Hour))
	case "enabled":
		fmt.Println("enabled:", postinvoke.Enabled(ctx), postinvoke.Enabled(context.Background()))
	case "outside":
		defer func() { fmt.Println("recovered:", recover()) }()
		postinvoke.Run(context.Background(), func() {})
	case "go":
		started := make(chan struct{})
		postinvoke.Go(ctx, func(goCtx context.Context) error {
			close(started)
			<-ctx.Done() // which ends when the response was accepted
			fmt.Println("still at it:", goCtx.Err())
			postinvoke.Run(goCtx, say("registered by Go"))
			return errors.New("from Go")
		})
		<-started
		fmt.Println("started beside the handler")
	case "stream":
		return &stream{ctx: ctx, rest: strings.NewReader("<p>streamed</p>")}, nil
	case "slow":
		time.Sleep(2500 * time.Millisecond) // longer than a handler may take to be called
		postinvoke.Run(ctx, say("hook"))
	case "goroutines":
		fmt.Println("goroutines", runtime.NumGoroutine())
	default:
		return nil, fmt.Errorf("unknown scenario %q", e.Do)
	}
	return map[string]string{"did": e.Do}, nil
}

type fullDisk struct{ name string }

func (e *fullDisk) Error() string { return e.name + " is full" }

func panicking() {
	panic("the handler's panic")
}

// A stream registers a hook when it is read, which is after the handler has
// returned.
type stream struct {
	ctx  context.Context
	rest *strings.Reader
	read bool
}

func (s *stream) Read(p []byte) (int, error) {
	if !s.read {
		s.read = true
		postinvoke.Run(s.ctx, say("registered by the stream"))
	}
	n, err := s.rest.Read(p)
	if err == io.EOF {
		fmt.Println("the stream ends")
	}
	return n, err
}

func (s *stream) ContentType() string { return "text/html" }
