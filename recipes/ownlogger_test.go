package recipes_test

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

func TestPostinvokeLogsAsTheFunctionDoes(t *testing.T) {
	env := start(t, "ownlogger")
	response := env.Invoke(`"Ada"`)
	env.WaitIdle()
	wantResponse(t, response, `"hello Ada"`)
	for _, message := range []string{"greeted", record.Hooks} {
		wantRecord(t, env, message, map[string]any{
			"service": "greeter", "level": "INFO", record.RequestID: response.RequestID,
		})
	}
	for _, e := range env.Entries() {
		if e.Kind != lambdaenv.Line || e.Source != lambdaenv.Function {
			continue
		}
		twice := strings.Count(e.Text, `"requestId":`) > 1
		if !json.Valid([]byte(e.Text)) || !strings.Contains(e.Text, `"timestamp":`) || twice {
			t.Errorf("got line %s, want JSON with a timestamp, and no field twice", e.Text)
		}
	}
}
