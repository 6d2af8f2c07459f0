package postinvoke_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"example.com/postinvoke/postinvoke"
)

// place is a handler. One of its hooks fails.
func place(ctx context.Context, order string) (string, error) {
	postinvoke.RunContext(ctx, func(context.Context) error {
		return errors.New("the collector cannot be reached")
	}, postinvoke.Name("flush traces"))
	postinvoke.Run(ctx, func() {}, postinvoke.Name("write audit log"))
	return "placed " + order, nil
}

// An observer counts what becomes of hooks and invocations. In a function, give
// the handler and its options to Start; here, the example takes the place of Lambda.
func ExampleObserver() {
	counts := map[postinvoke.Outcome]int{}
	finished := make(chan struct{})
	observer := &postinvoke.Observer{
		Hook: func(_ context.Context, h postinvoke.HookResult) {
			counts[h.Outcome]++ // place starts no hooks with Go: they run one at a time
			fmt.Printf("%s: %s, %v\n", h.Name, h.Outcome, h.Err)
		},
		Invocation: func(_ context.Context, i postinvoke.InvocationResult) {
			fmt.Printf("handler: %s, %d hooks, %d failed\n", i.Outcome, i.Hooks, i.Failures)
			close(finished)
		},
	}
	handler := postinvoke.Wrap(place, &postinvoke.Options{
		Observer: observer,
		Logger:   slog.New(slog.DiscardHandler),
	})

	ctx, respond := context.WithCancel(context.Background())
	response, _ := handler(ctx, "a book")
	fmt.Println(response)
	respond() // as aws-lambda-go does when the response was sent
	<-finished
	fmt.Println(counts)
	// Output:
	// placed a book
	// write audit log: ok, <nil>
	// flush traces: error, the collector cannot be reached
	// handler: ok, 2 hooks, 1 failed
	// map[error:1 ok:1]
}

// Err is why a hook did not succeed.
func ExampleHookResult() {
	observer := &postinvoke.Observer{
		Hook: func(_ context.Context, h postinvoke.HookResult) {
			switch panicked, ok := errors.AsType[*postinvoke.PanicError](h.Err); {
			case h.Err == nil:
				fmt.Printf("%s took %v\n", h.Name, h.Finished.Sub(h.Started))
			case errors.Is(h.Err, postinvoke.ErrAbandoned) && h.Started.IsZero():
				fmt.Printf("%s never started: %s\n", h.Name, h.Reason)
			case errors.Is(h.Err, postinvoke.ErrAbandoned):
				fmt.Printf("%s was given %v: %s\n", h.Name, h.Finished.Sub(h.Started), h.Reason)
			case errors.Is(h.Err, postinvoke.ErrRefused):
				fmt.Printf("%s was registered too late: %s\n", h.Name, h.Reason)
			case ok:
				fmt.Printf("%s panicked with %v\n%s", h.Name, panicked.Value, panicked.Stack)
			default:
				fmt.Printf("%s returned %v\n", h.Name, h.Err)
			}
		},
	}
	postinvoke.Start(place, &postinvoke.Options{Observer: observer})
}
