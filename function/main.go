// Command function is the example function of the README. It responds with its
// event, and then runs two hooks, the second of which takes three seconds. The
// event can set another length, {"sleepMs": 50}, or make that hook end the
// process, {"crash": true}, which shows what the layer logs then.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"example.com/postinvoke/postinvoke"
)

func main() {
	postinvoke.Shutdown(func() {
		// Called when the execution environment shuts down, within 500 ms.
		fmt.Println("bye y'all!")
	})
	postinvoke.Start(handle, nil)
}

func handle(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
	fmt.Println(string(input))

	postinvoke.Run(ctx, func() {
		// Called after the caller has the response.
		fmt.Println("first on stack")
	})

	event := parse(input)
	postinvoke.Run(ctx, func() {
		// Hooks are called one after the other, the last one first, like
		// deferred functions.
		fmt.Println("second on stack")
		time.Sleep(time.Duration(event.SleepMs) * time.Millisecond)
		if event.Crash {
			//hooklint:ignore the event asks for it
			os.Exit(1) // the other hook is lost, and so are the shutdown functions
		}
		fmt.Println("second on complete")
	})

	return input, nil
}

// An event is what the slow hook does.
type event struct {
	SleepMs int  `json:"sleepMs"`
	Crash   bool `json:"crash"`
}

func parse(input json.RawMessage) event {
	e := event{SleepMs: 3000}
	// An event of any other kind leaves the defaults.
	_ = json.Unmarshal(input, &e)
	return e
}
