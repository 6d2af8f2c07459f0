package recipes_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

func TestARefreshThatOutlastsTheResponseIsThereForTheNextInvocation(t *testing.T) {
	var version atomic.Int64
	server := newGatedServer(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "version ", version.Add(1))
	})
	env := start(t, "refreshcache", "RATES_URL="+server.URL)

	server.open()
	wantResponse(t, env.Invoke(`{}`), `"version 1"`) // nothing was cached

	response := env.Invoke(`{}`)
	wantResponse(t, response, `"version 1"`)
	env.Await("the end of the invocation's context", func(e lambdaenv.Entry) bool {
		return e.Kind == lambdaenv.RuntimeDone && e.RequestID == response.RequestID
	})
	server.open()
	env.WaitIdle() // for the refresh
	wantRecord(t, env, record.Hooks, map[string]any{record.HookCount: 1.0, record.Failures: 0.0})

	wantResponse(t, env.Invoke(`{}`), `"version 2"`)
	server.open()
	env.WaitIdle()
}
