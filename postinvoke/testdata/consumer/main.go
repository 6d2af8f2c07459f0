// Command consumer is a function in a separate module that uses every exported
// name of package postinvoke.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/postinvoke"
)

func main() {
	postinvoke.Shutdown(func() { fmt.Println("pool closed") })
	postinvoke.ShutdownContext(func(ctx context.Context) error {
		_, limited := ctx.Deadline()
		fmt.Println("spans flushed within a limit:", limited)
		return nil
	})
	opts := options()
	switch start := os.Getenv("START"); start {
	case "Wrap":
		lambda.Start(postinvoke.Wrap(order, opts))
	case "WrapHandler":
		lambda.Start(postinvoke.WrapHandler(lambda.NewHandler(order), opts))
	default:
		postinvoke.Start(order, opts)
	}
}

func options() *postinvoke.Options {
	return &postinvoke.Options{
		Logger:      slog.New(lambdacontext.NewLogHandler()).With("service", "shop"),
		Margin:      time.Second,
		HookTimeout: time.Minute,
		Observer: &postinvoke.Observer{
			Hook:       hookFinished,
			LateHook:   lateHookFinished,
			Invocation: invocationFinished,
			Shutdown:   shutDown,
		},
	}
}

// incomplete are the outcomes of handlers that did not return in time.
var incomplete = []postinvoke.Outcome{postinvoke.OutcomeTimeout, postinvoke.OutcomeStopped}

var abandoned = make(chan struct{})

// order registers hooks that end in each possible way.
func order(ctx context.Context, item string) (string, error) {
	if !postinvoke.Enabled(ctx) {
		return "", errors.New("not wrapped")
	}
	postinvoke.Run(ctx, func() { fmt.Println("audited", item) }, postinvoke.Name("audit"))
	postinvoke.RunContext(ctx, func(ctx context.Context) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}, postinvoke.Name("flush"), postinvoke.Timeout(10*time.Millisecond))
	postinvoke.Run(ctx, func() { panic("out of ink") }, named("print")...)
	postinvoke.Run(ctx, func() { <-abandoned }, postinvoke.Name("pack"), postinvoke.Timeout(10*time.Millisecond))
	postinvoke.Go(ctx, func(context.Context) error { return nil }, postinvoke.Name("refresh"))
	return "ordered " + item, nil
}

func named(name string) []postinvoke.HookOption {
	return []postinvoke.HookOption{postinvoke.Name(name)}
}

// cause returns why a hook did not do what it should, in a word.
func cause(err error) string {
	panicked, ok := errors.AsType[*postinvoke.PanicError](err)
	switch {
	case ok:
		return fmt.Sprintf("%v, with a stack: %t, same error: %t",
			panicked.Value, len(panicked.Stack) > 0, panicked.Error() != "" && panicked.Unwrap() == nil)
	case errors.Is(err, postinvoke.ErrHookTimeout):
		return "slow"
	case errors.Is(err, postinvoke.ErrDeadline):
		return "late"
	case errors.Is(err, postinvoke.ErrShutdown):
		return "shut down"
	case errors.Is(err, postinvoke.ErrAbandoned):
		return "given up"
	case errors.Is(err, postinvoke.ErrRefused):
		return "not accepted"
	}
	return fmt.Sprint(err)
}

func hookFinished(_ context.Context, hook postinvoke.HookResult) {
	if hook.Shutdown {
		return
	}
	switch hook.Outcome {
	case postinvoke.OutcomeOK, postinvoke.OutcomeError, postinvoke.OutcomePanic:
		fmt.Printf("hook %s: %s (%s)%s\n", hook.Name, hook.Outcome, cause(hook.Err),
			ordered(hook.Queued, hook.Started, hook.Finished))
	case postinvoke.OutcomeAbandoned:
		fmt.Printf("hook %s: %s after %v (%s): %s%s\n",
			hook.Name, hook.Outcome, hook.Timeout, cause(hook.Err), hook.Reason,
			ordered(hook.Started, hook.Abandoned))
		close(abandoned)
	case postinvoke.OutcomeRefused:
		fmt.Println("hook refused:", hook.Reason, hook.RequestID)
	}
}

func lateHookFinished(_ context.Context, hook postinvoke.HookResult) {
	fmt.Printf("late hook %s: %s%s\n", hook.Name, hook.Outcome, ordered(hook.Abandoned, hook.Finished))
}

func invocationFinished(ctx context.Context, inv postinvoke.InvocationResult) {
	lc, _ := lambdacontext.FromContext(ctx)
	fmt.Printf("invocation %s, complete: %t: %d hooks, %d failures, %d abandoned, cold start: %t, same id: %t%s\n",
		inv.Outcome, !slices.Contains(incomplete, inv.Outcome), inv.Hooks, inv.Failures, inv.Abandoned, inv.ColdStart,
		inv.RequestID == lc.AwsRequestID,
		ordered(inv.Started, inv.Returned, inv.Responded, inv.HooksStarted, inv.Finished))
}

func shutDown(_ context.Context, s postinvoke.ShutdownResult) {
	fmt.Printf("shutdown: %d functions, %d failures, %d abandoned, of %v%s\n",
		s.Hooks, s.Failures, s.Abandoned, s.Budget,
		ordered(s.Started, s.Finished))
}

// ordered returns a remark if times are not in order, or not known.
func ordered(times ...time.Time) string {
	for i, t := range times {
		if t.IsZero() || i > 0 && t.Before(times[i-1]) {
			return ", in a strange order"
		}
	}
	return ""
}
