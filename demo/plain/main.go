// Command plain is a function that does without postinvoke what one might try
// first: it answers, and leaves its cleanup to a goroutine. Lambda freezes the
// process as soon as the response is sent, so the goroutine stops in the middle
// of its work, and goes on in the next invocation, if there is one.
//
//	go run ./demo -plain
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
	go cleanup()
	time.Sleep(100 * time.Millisecond) // work for the caller
	return input, nil
}

// cleanup needs half a second, and says how long it really took.
func cleanup() {
	fmt.Println("cleanup begins")
	began := time.Now()
	time.Sleep(500 * time.Millisecond)
	fmt.Printf("cleanup done after %.1fs instead of 0.5s\n", time.Since(began).Seconds())
}
