package recipes_test

import (
	"bytes"
	"testing"
)

func TestTheHookOfAStreamWaitsForItsEnd(t *testing.T) {
	env := start(t, "streamrows")
	response := env.Invoke(event(t, "streamrows/event.json"))
	env.WaitIdle()
	if got, want := response.ContentType, "application/vnd.awslambda.http-integration-response"; got != want {
		t.Errorf("got content type %q, want %q", got, want)
	}
	// Lambda's format: status and headers as JSON, eight zero bytes, the body.
	head, body, _ := bytes.Cut(response.Payload, make([]byte, 8))
	if got, want := string(head), `{"statusCode":200,"headers":{"Content-Type":"text/csv"}}`; got != want {
		t.Errorf("got head %s, want %s", got, want)
	}
	if got := bytes.Count(body, []byte("\n")); got != 1000 || !bytes.HasSuffix(body, []byte("\n999,998001\n")) {
		t.Errorf("got %d rows, ending in %q, want 1000 up to 999,998001", got, body[max(0, len(body)-20):])
	}
	wantInOrder(t, env, "wrote the last row", "responded", "sent 1000 rows", "idle")
}
