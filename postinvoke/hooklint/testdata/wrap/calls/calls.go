// Package calls calls wrapped handlers.
package calls

import (
	"context"
	"fmt"

	"example.com/postinvoke/postinvoke"
)

var wrapped = postinvoke.Wrap(handle, nil)

func handle(ctx context.Context, name string) (string, error) {
	postinvoke.Run(context.Background(), func() { println(name) }) // want `Run panics with a context that does not come from a wrapped handler: pass it the context that the handler is called with`
	base := context.WithValue(context.TODO(), "key", name)
	postinvoke.Run(base, func() { println(name) }) // want `Run panics with a context`
	return name, nil
}

func batch(ctx context.Context, names []string) {
	for _, name := range names {
		wrapped(context.Background(), name) // want `the wrapped handler is called with a context that has neither values nor end of the invocation's: pass ctx on`
	}
}

// The rest is right.

func passesOn(ctx context.Context, names []string) {
	for _, name := range names {
		wrapped(ctx, name)
		wrapped(context.WithValue(ctx, "key", name), name)
	}
}

func main() {
	fmt.Println(wrapped(context.Background(), "a run from the command line"))
}
