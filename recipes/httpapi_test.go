package recipes_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"example.com/postinvoke/record"
)

func TestHTTPAPIAndFunctionURLAreAnsweredBeforeTheWebhookIsCalled(t *testing.T) {
	for _, tt := range []struct{ file, name string }{
		{"httpapi/httpapi.json", "Ada"},
		{"httpapi/functionurl.json", "Grace"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			server := newGatedServer(t, func(w http.ResponseWriter, _ *http.Request) {})
			env := start(t, "httpapi", "WEBHOOK_URL="+server.URL)
			response := env.Invoke(event(t, tt.file))
			server.open()
			env.WaitIdle()
			wantHTTP(t, response.Payload, http.StatusOK, "hello "+tt.name)
			if got, want := server.passed(), []string{tt.name}; !slices.Equal(got, want) {
				t.Errorf("got webhooks %q, want %q", got, want)
			}
			wantRecord(t, env, record.Hooks, map[string]any{record.Failures: 0.0})
		})
	}
}

func TestABadRequestCallsNoWebhook(t *testing.T) {
	env := start(t, "httpapi")
	response := env.Invoke(`{"version": "2.0"}`)
	env.WaitIdle()
	wantHTTP(t, response.Payload, http.StatusBadRequest, "name is missing")
	if got := records(t, env, record.Hooks); len(got) > 0 {
		t.Errorf("got %v, want no hooks", got)
	}
}

func wantHTTP(t *testing.T, payload []byte, status int, body string) {
	t.Helper()
	var got events.LambdaFunctionURLResponse
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	if got.StatusCode != status || got.Body != body {
		t.Errorf("got %d %q, want %d %q", got.StatusCode, got.Body, status, body)
	}
}
