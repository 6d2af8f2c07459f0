// Command byhand echoes its event, and does the work without the library, in
// the way that AWS's blog shows: a goroutine of the function is an internal
// extension, and requests the next event when it has done what the handler put
// into a queue. What it leaves out: deadlines, panics, errors, more than one
// task, a handler that fails before it has put a task into the queue.
// https://aws.amazon.com/blogs/compute/running-code-after-returning-a-response-from-an-aws-lambda-function/
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/internal/bench"
)

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2020-01-01/extension"
	registered := exchange("POST", api+"/register", `{"events":["INVOKE"]}`, "Lambda-Extension-Name", "byhand-internal")
	queue := make(chan func(), 1)
	go func() {
		for {
			exchange("GET", api+"/event/next", "",
				"Lambda-Extension-Identifier", registered.Get("Lambda-Extension-Identifier"))
			task := <-queue
			task()
		}
	}()
	lambda.Start(func(_ context.Context, event json.RawMessage) (json.RawMessage, error) {
		queue <- bench.Work
		return event, nil
	})
}

// exchange makes a request with one header, and returns those of the answer.
func exchange(method, url, body, key, value string) http.Header {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	request.Header.Set(key, value)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		panic(fmt.Sprint(url, ": ", response.Status, " ", err))
	}
	return response.Header
}
