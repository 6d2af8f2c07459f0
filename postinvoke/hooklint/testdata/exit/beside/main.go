// Command beside has two things that wait for SIGTERM.
package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/lint/exit/beside/telemetry"
	"example.com/postinvoke/postinvoke"
)

func main() {
	telemetry.Start()
	handler := postinvoke.Wrap(handle, nil)
	lambda.StartWithOptions(handler, lambda.WithEnableSIGTERM(func() { fmt.Println("bye") })) // want `WithEnableSIGTERM is used beside telemetry.Start, which calls Shutdown, whose functions end the process`
	lambda.StartWithOptions(handler, lambda.WithUseNumber(true), lambda.WithEnableSIGTERM())  // want `WithEnableSIGTERM is used beside`
}

func handle(context.Context, string) (string, error) { return "", nil }
