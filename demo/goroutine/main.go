// Command goroutine is what one might try first, instead of postinvoke: a function
// that answers, and leaves its cleanup to a goroutine. Lambda freezes the
// process as soon as the response is sent, so the goroutine stops in the middle
// of its work, and continues in the next invocation, if there is one.
//
//	go run ./demo -plain
//
// The cleanup takes half a second. The event can set another length, as that
// of the example function can: {"sleepMs": 50}.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(handle)
}

func handle(_ context.Context, input json.RawMessage) (json.RawMessage, error) {
	fmt.Println(string(input))
	event := struct{ SleepMs int }{500}
	_ = json.Unmarshal(input, &event) // an event that is something else altogether is fine too
	go cleanup(time.Duration(event.SleepMs) * time.Millisecond)
	time.Sleep(100 * time.Millisecond) // work for the caller
	return input, nil
}

// cleanup takes so long, and prints how long it really took.
func cleanup(length time.Duration) {
	fmt.Println("cleanup begins")
	began := time.Now()
	time.Sleep(length)
	fmt.Printf("cleanup done after %.1fs instead of %.1fs\n", time.Since(began).Seconds(), length.Seconds())
}
