// Command function fails in as many ways as there are words. Its event names
// what goes wrong, and variables what does at the beginning and at the end:
//
//	INIT=sigterm   the second time it starts, it gets SIGTERM before it is ready
//	SHUTDOWN=bye   it says goodbye
//	SIGTERM=call   aws-lambda-go calls it back at the end
//	MARGIN=1s      is that of its hooks
package main

import (
	"context"
	"encoding/json"
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
	if os.Getenv("SHUTDOWN") != "" {
		postinvoke.Shutdown(say("bye"))
	}
	if os.Getenv("INIT") == "sigterm" && startedBefore() == 1 {
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		select {}
	}
	opts := &postinvoke.Options{}
	if margin, err := time.ParseDuration(os.Getenv("MARGIN")); err == nil {
		opts.Margin = margin
	}
	another = postinvoke.Wrap(func(ctx context.Context, name string) (string, error) {
		postinvoke.Run(ctx, say("hook of another"))
		return "hello " + name, nil
	}, opts)
	var options []lambda.Option
	if os.Getenv("SIGTERM") != "" {
		options = append(options, lambda.WithEnableSIGTERM(say("called back")))
	}
	lambda.StartWithOptions(postinvoke.Wrap(handle, opts), options...)
}

// startedBefore returns how often it did in this environment: /tmp outlives a
// reset.
func startedBefore() int {
	path := filepath.Join(os.TempDir(), "starts")
	starts, _ := os.ReadFile(path)
	if err := os.WriteFile(path, append(starts, '.'), 0o600); err != nil {
		panic(err)
	}
	return len(starts)
}

func say(words ...any) func() {
	return func() { fmt.Println(words...) }
}

// handle does what the event says: in the handler, in a hook, or while the
// response is sent.
func handle(ctx context.Context, input json.RawMessage) (any, error) {
	var event struct {
		Do string `json:"do"`
	}
	if err := json.Unmarshal(input, &event); err != nil {
		return nil, err
	}
	called.Broadcast()
	postinvoke.Run(ctx, say("first hook"))
	if do, ok := strings.CutPrefix(event.Do, "hook "); ok {
		postinvoke.RunContext(ctx, faults[do])
		return map[string]string{"did": event.Do}, nil
	}
	if stream := streams[event.Do]; stream != nil {
		return stream(), nil
	}
	switch event.Do {
	case "flood":
		return strings.Repeat("x", 7<<20), nil
	case "call another":
		return another(ctx, "world")
	}
	if err := faults[event.Do](ctx); err != nil {
		return nil, err
	}
	return map[string]string{"did": event.Do}, nil
}
