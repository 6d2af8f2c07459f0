package recipes_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"example.com/postinvoke/record"
)

func TestEventsAreSentTogetherAndAtTheShutdown(t *testing.T) {
	status := http.StatusServiceUnavailable
	server := newGatedServer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	env := start(t, "batchevents", "EVENTS_URL="+server.URL)
	for i := range 9 {
		wantResponse(t, env.Invoke(fmt.Sprint(i)), `"noted"`)
		env.WaitIdle()
	}
	if got := records(t, env, record.Hooks); len(got) > 0 {
		t.Errorf("got %v, want no hooks before there are ten events", got)
	}
	response := env.Invoke("9")
	server.open()
	env.WaitIdle()
	wantResponse(t, response, `"noted"`)
	wantRecord(t, env, record.HookFailed, map[string]any{
		record.Hook: "send events", record.Error: "send 10 events: 503 Service Unavailable",
	})

	// What could not be sent is sent with the next event.
	status = http.StatusOK
	env.Invoke("10")
	server.open()
	env.WaitIdle()
	env.Invoke("11")
	env.WaitIdle()
	server.open()
	env.Shutdown()
	want := []string{"[0,1,2,3,4,5,6,7,8,9]", "[0,1,2,3,4,5,6,7,8,9,10]", "[11]"}
	if got := server.passed(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
