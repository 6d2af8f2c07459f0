// Command sqsbatch processes messages from SQS, reports those that failed, and
// has a search index refreshed after that.
//
// The event source mapping needs FunctionResponseTypes: [ReportBatchItemFailures].
// Without it the response is ignored, and messages that failed are deleted with
// the others.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/events"

	"example.com/postinvoke/postinvoke"
)

func main() {
	postinvoke.Start(handle, nil)
}

func handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	var response events.SQSEventResponse
	for _, message := range batch.Records {
		if err := process(ctx, message); err != nil {
			fmt.Printf("message %s failed: %v\n", message.MessageId, err)
			// In a FIFO queue, also add all messages after this one, and stop.
			response.BatchItemFailures = append(response.BatchItemFailures,
				events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
	}
	// The response lists the messages that failed; the others are deleted. The
	// hook runs after it, so a hook that fails or is lost brings no message back.
	// Leave to hooks only what the next batch makes good.
	postinvoke.RunContext(ctx, refreshIndex)
	return response, nil
}

func process(_ context.Context, message events.SQSMessage) error {
	var document struct{ Title string }
	if err := json.Unmarshal([]byte(message.Body), &document); err != nil {
		return err
	}
	fmt.Println("stored", document.Title)
	return nil
}

func refreshIndex(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, os.Getenv("INDEX_URL"), nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("refresh the index: it answered %s", response.Status)
	}
	return nil
}
