// Command overhttp echoes its event, and does the work in a goroutine that the
// handler starts, which then reports to extension httpdone that it is done.
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/internal/bench"
)

func main() {
	done := "http://127.0.0.1:" + os.Getenv(bench.PortVariable) + "/done"
	lambda.Start(func(_ context.Context, event json.RawMessage) (json.RawMessage, error) {
		go func() {
			bench.Work()
			response, err := http.Post(done, "text/plain", http.NoBody)
			if err != nil {
				panic(err)
			}
			response.Body.Close()
		}()
		return event, nil
	})
}
