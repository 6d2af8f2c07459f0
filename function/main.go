// Command function is the example function of the README: it answers with the
// event it was given, and only then runs its two hooks, the second of which
// takes three seconds. The event can set another length: {"sleepMs": 50}.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"example.com/postinvoke/postinvoke"
)

func main() {
	postinvoke.Shutdown(func() {
		// Called when the execution environment shuts down. There are
		// 500 ms for it.
		fmt.Println("bye y'all!")
	})
	postinvoke.Start(handle, nil)
}

func handle(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
	fmt.Println(string(input))

	postinvoke.Run(ctx, func() {
		// Called after the caller has its response.
		fmt.Println("first on stack")
	})

	sleep := sleepIn(input)
	postinvoke.Run(ctx, func() {
		// Hooks are called one after the other, the last one first, as
		// deferred functions are.
		fmt.Println("second on stack")
		time.Sleep(sleep)
		fmt.Println("second on complete")
	})

	return input, nil
}

// sleepIn returns how long the slow hook is to take.
func sleepIn(input json.RawMessage) time.Duration {
	event := struct {
		SleepMs int `json:"sleepMs"`
	}{SleepMs: 3000}
	// An event that is something else altogether is fine too.
	_ = json.Unmarshal(input, &event)
	return time.Duration(event.SleepMs) * time.Millisecond
}
