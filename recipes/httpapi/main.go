// Command httpapi answers requests from an API Gateway HTTP API or a function
// URL, and calls a webhook after the response. A call that fails is logged, and
// not repeated: use a queue for what must arrive.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"example.com/postinvoke/postinvoke"
)

func main() {
	postinvoke.Start(handle, nil)
}

// A function URL sends and expects the same JSON as an HTTP API with payload
// format 2.0, so that this handler serves both. For a REST API take
// events.APIGatewayProxyRequest and APIGatewayProxyResponse.
func handle(ctx context.Context, request events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	name := request.QueryStringParameters["name"]
	if name == "" {
		return text(http.StatusBadRequest, "name is missing"), nil
	}
	postinvoke.RunContext(ctx, func(ctx context.Context) error {
		return announce(ctx, name)
	})
	return text(http.StatusOK, "hello "+name), nil
}

func text(status int, body string) events.APIGatewayV2HTTPResponse {
	return events.APIGatewayV2HTTPResponse{
		StatusCode: status,
		Headers:    map[string]string{"Content-Type": "text/plain; charset=utf-8"},
		Body:       body,
	}
}

func announce(ctx context.Context, name string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, os.Getenv("WEBHOOK_URL"), strings.NewReader(name))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("announce %s: the webhook answered %s", name, response.Status)
	}
	return nil
}
