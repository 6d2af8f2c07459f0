package recipes_test

import (
	"net/http"
	"testing"

	"example.com/postinvoke/record"
)

func TestAFailedHookDoesNotFailTheMessagesOfABatch(t *testing.T) {
	server := newGatedServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	env := start(t, "sqsbatch", "INDEX_URL="+server.URL)
	response := env.Invoke(event(t, "sqsbatch/event.json"))
	server.open()
	env.WaitIdle()
	wantResponse(t, response, `{"batchItemFailures":[{"itemIdentifier":"second"}]}`)
	wantInOrder(t, env, "stored Sketch of the Analytical Engine", "stored A compiler", "responded", "idle")
	wantRecord(t, env, record.HookFailed, map[string]any{
		record.Error: "refresh the index: it answered 503 Service Unavailable",
	})
}
