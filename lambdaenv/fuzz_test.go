package lambdaenv_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// randomCalls are what FuzzCalls puts into an order. Each is made with the
// identifier of an extension, or none, and the id of the last event, or none.
var randomCalls = []struct{ method, path, body string }{
	{"GET", runtimePath + "invocation/next", ""},
	{"POST", runtimePath + "invocation/{id}/response", `{}`},
	{"POST", runtimePath + "invocation/{id}/error", `{"errorType":"X"}`},
	{"POST", runtimePath + "init/error", `{"errorType":"Runtime.X"}`},
	{"GET", extensionPath + "event/next", ""},
	{"POST", extensionPath + "register", `{"events":["INVOKE","SHUTDOWN"]}`},
	{"POST", extensionPath + "register", `{"events":["INVOKE"]}`},
	{"POST", extensionPath + "register", `{"events":[]}`},
	{"POST", extensionPath + "register", `nonsense`},
	{"POST", extensionPath + "init/error", `{}`},
	{"POST", extensionPath + "exit/error", `{}`},
	{"PUT", "/2022-07-01/telemetry", `{"schemaVersion":"2022-07-01","types":["platform","function","extension"],` +
		`"destination":{"protocol":"HTTP","URI":"http://sandbox.localdomain:9"}}`},
	{"PUT", "/2022-07-01/telemetry", `{}`},
	{"PUT", "/2020-08-15/logs", `{}`},
	{"HEAD", runtimePath + "invocation/next", ""},
	{"DELETE", "//", ""},
	{"POST", runtimePath + "invocation//response", strings.Repeat("x", 300<<10)},
}

// FuzzCalls makes calls of both APIs in random order, before, during and after
// the init, by anybody. Each must get an answer, other than those for a next
// event, and the environment must end when it is closed.
func FuzzCalls(f *testing.F) {
	f.Add([]byte("\x00\x10\x01\x20")) // who, what and when, two bytes a call
	f.Add([]byte{0, 0, 0x40, 3, 0, 4, 0x80, 5, 0x80, 4})
	f.Add([]byte{0x85, 0, 0x84, 0, 0, 0, 0, 1, 0, 1, 0, 2, 0, 0, 0x84, 0})
	for i := range byte(12) {
		seed := make([]byte, 60)
		for j := range seed {
			seed[j] = i*31 + byte(j)*(17+2*i) // many orders, always the same
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, order []byte) {
		t.Parallel()
		if len(order) > 200 {
			order = order[:200]
		}
		randomOrder(t, order)
	})
}

func randomOrder(t *testing.T, order []byte) {
	se := newStubEnv(t, lambdaenv.Config{
		InitTimeout: 100 * time.Millisecond, Timeout: 100 * time.Millisecond, RetryInit: true,
	}, "ext")
	base := ""
	select {
	case p := <-se.ready:
		base = p.address
	case <-se.startErr: // on a busy machine the init ended before a process had started
		return
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var waiting sync.WaitGroup
	var env *lambdaenv.Environment // once it has started
	ids := lastIDs{ext: "8476a536-e9f4-11e8-9739-2dfe598c3fcd", event: "none"}
	for i := 0; i+1 < len(order); i += 2 {
		who, what := order[i], randomCalls[int(order[i+1])%len(randomCalls)]
		timeout := time.Duration(0)
		if who&0x20 != 0 {
			timeout = 20 * time.Millisecond // for a process to start, or the init to end
		}
		select {
		case p := <-se.ready: // of the next process, perhaps of the next sandbox
			base = p.address
		case err := <-se.startErr:
			if err != nil {
				t.Fatal(err) // with RetryInit it succeeds regardless of the init
			}
			env = se.env
		case <-time.After(timeout):
		}
		if who&0x40 != 0 && env != nil {
			waiting.Go(func() { env.Invoke(ctx, []byte(`{}`)) })
		}
		address := base
		call := func() {
			if err := ids.call(ctx, address, what.method, what.path, what.body, who); err != nil && ctx.Err() == nil &&
				!gone(address) {
				t.Errorf("%s %s: %v", what.method, what.path, err)
			}
		}
		if strings.HasSuffix(what.path, "next") && what.method == "GET" {
			waiting.Go(call)
		} else {
			call()
		}
	}
	cancel()
	waiting.Wait()
	// The clean-up of the stubEnv closes the environment, and fails if it cannot.
}

// gone reports whether the sandbox has ended, and so could not answer: it answers
// no call any more.
func gone(address string) bool {
	res, err := http.Get("http://" + address)
	if err == nil {
		res.Body.Close()
	}
	return err != nil
}

// lastIDs are from the last answers that had any.
type lastIDs struct {
	mu         sync.Mutex
	ext, event string
}

func (ids *lastIDs) call(ctx context.Context, base, method, path, body string, who byte) error {
	ids.mu.Lock()
	path = strings.ReplaceAll(path, "{id}", ids.event)
	ext := ids.ext
	ids.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	if who&0x80 == 0 {
		req.Header.Set("Lambda-Extension-Identifier", ext)
		req.Header.Set("Lambda-Extension-Function-Error-Type", "Extension.X")
	}
	name := "inside"
	if who&1 != 0 {
		name = "ext"
	}
	req.Header.Set("Lambda-Extension-Name", name)
	req.Close = true // one connection per call: an old one may be closed by now
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	ids.mu.Lock()
	defer ids.mu.Unlock()
	if id := res.Header.Get("Lambda-Extension-Identifier"); id != "" {
		ids.ext = id
	}
	if id := res.Header.Get("Lambda-Runtime-Aws-Request-Id"); id != "" {
		ids.event = id
	}
	return err
}
