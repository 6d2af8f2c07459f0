package lambdaenv_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// A stubEnv is an environment whose processes are stubs: they print their variables,
// and the test makes the calls to the APIs in their place. So each answer can be
// looked at, and the test decides what happens in which order.
type stubEnv struct {
	t        *testing.T
	startErr chan error             // from Start
	env      *lambdaenv.Environment // once it has started
	ready    chan stubProcess       // each process that started

	mu      sync.Mutex
	entries []lambdaenv.Entry
}

// A stubProcess is what a stub prints when it runs.
type stubProcess struct{ address, name string }

// parseReady reads the line of a stub that has started.
func parseReady(line string) (p stubProcess, ok bool) {
	rest, ok := strings.CutPrefix(line, "ready at ")
	p.address, p.name, _ = strings.Cut(rest, " as ")
	return p, ok
}

// newStubEnv begins to start a stub function with stub extensions.
func newStubEnv(t *testing.T, cfg lambdaenv.Config, extensions ...string) *stubEnv {
	t.Helper()
	stub := lambdaenvtest.Build(t, "./testdata/stub")
	cfg.Function = stub
	for _, name := range extensions {
		cfg.Extensions = append(cfg.Extensions, lambdaenvtest.Named(t, stub, name))
	}
	se := &stubEnv{t: t, startErr: make(chan error, 1), ready: make(chan stubProcess, 1000)}
	cfg.Observe = func(e lambdaenv.Entry) {
		se.mu.Lock()
		defer se.mu.Unlock()
		se.entries = append(se.entries, e)
		if p, ok := parseReady(e.Text); ok {
			se.ready <- p
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		var err error
		se.env, err = lambdaenv.Start(ctx, cfg)
		se.startErr <- err
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		if se.env != nil {
			if err := se.env.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	})
	return se
}

// nextProcess returns the calls of the next process that starts.
func (se *stubEnv) nextProcess() *client {
	return &client{t: se.t, base: "http://" + (<-se.ready).address}
}

// started waits for the end of the Init phase.
func (se *stubEnv) started() *lambdaenv.Environment {
	se.t.Helper()
	if err := <-se.startErr; err != nil {
		se.t.Fatalf("start: %v", err)
	}
	return se.env
}

// startStub starts a stub function and returns when it waits for its first event.
func startStub(t *testing.T, cfg lambdaenv.Config) (*stubEnv, *client, <-chan answer) {
	t.Helper()
	se := newStubEnv(t, cfg)
	function := se.nextProcess()
	next := function.runtimeNext()
	se.started()
	return se, function, next
}

// startStubs starts a stub function with an extension that has no events.
func startStubs(t *testing.T, cfg lambdaenv.Config) *stubEnv {
	t.Helper()
	se := newStubEnv(t, cfg, "ext")
	ext := se.nextProcess()
	ext.register("ext", "")
	ext.extensionNext()
	se.nextProcess().runtimeNext()
	se.started()
	return se
}

// do begins an invocation and returns the event as the function gets it.
func (se *stubEnv) do(r lambdaenv.Request, next <-chan answer) (answer, string, <-chan *lambdaenv.Response) {
	se.t.Helper()
	c := make(chan *lambdaenv.Response, 1)
	go func() {
		r, err := se.env.Do(context.Background(), r)
		if err != nil {
			se.t.Errorf("do: %v", err)
		}
		c <- r
	}()
	event := <-next
	return event, event.requestID(), c
}

// A client calls the APIs as a function or an extension would.
type client struct {
	t    *testing.T
	base string
	id   string // of the extension
}

// An answer of an API.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

func (a answer) requestID() string { return a.header.Get("Lambda-Runtime-Aws-Request-Id") }

// request makes a call; header has names and values in turn.
func (p *client) request(method, path, body string, header ...string) answer {
	return p.send(method, path, strings.NewReader(body), nil, header...)
}

// send is request with any body, and with trailers.
func (p *client) send(method, path string, body io.Reader, trailer map[string]string, header ...string) answer {
	req, err := http.NewRequest(method, p.base+path, body)
	if err != nil {
		return answer{err: err}
	}
	if p.id != "" {
		req.Header.Set("Lambda-Extension-Identifier", p.id)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	req.Trailer = http.Header{}
	for k, v := range trailer {
		req.Trailer.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{err: err}
	}
	return newAnswer(res)
}

func newAnswer(res *http.Response) answer {
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, strings.TrimSpace(string(b)), err}
}

// readAnswer reads the answer to a call of that method.
func readAnswer(r io.Reader, method string) answer {
	res, err := http.ReadResponse(bufio.NewReader(r), &http.Request{Method: method})
	if err != nil {
		return answer{err: err}
	}
	return newAnswer(res)
}

// begin makes a call that may block.
func (p *client) begin(method, path string) <-chan answer {
	c := make(chan answer, 1)
	go func() { c <- p.request(method, path, "") }()
	return c
}

const (
	runtimePath   = "/2018-06-01/runtime/"
	extensionPath = "/2020-01-01/extension/"
)

func (p *client) runtimeNext() <-chan answer {
	return p.begin("GET", runtimePath+"invocation/next")
}

func (p *client) extensionNext() <-chan answer { return p.begin("GET", extensionPath+"event/next") }

// waits returns when the extension waits for its next event: only one call for
// it is taken, so when the other has been refused, the one is there.
func (p *client) waits() (event <-chan answer) {
	a, b := p.extensionNext(), p.extensionNext()
	select {
	case <-a:
		return b
	case <-b:
		return a
	}
}

// register registers an extension with events as in JSON.
func (p *client) register(name, events string) answer {
	a := p.request("POST", extensionPath+"register", `{"events":[`+events+`]}`, "Lambda-Extension-Name", name)
	if a.status == http.StatusOK {
		p.id = a.header.Get("Lambda-Extension-Identifier")
	}
	return a
}

func (p *client) respond(id, body string, header ...string) answer {
	return p.request("POST", runtimePath+"invocation/"+id+"/response", body, header...)
}

func (p *client) respondError(id, body string, header ...string) answer {
	return p.request("POST", runtimePath+"invocation/"+id+"/error", body, header...)
}

// chunked responds in chunks, with trailers.
func (p *client) chunked(id string, body io.Reader, trailer map[string]string, header ...string) answer {
	return p.send("POST", runtimePath+"invocation/"+id+"/response", io.NopCloser(body), trailer, header...)
}

// refused checks that a call was refused so.
func refused(t *testing.T, got answer, status int, errorType, message string) {
	t.Helper()
	want := `{"errorType":"` + errorType + `","errorMessage":"` + message + `"}`
	if got.err != nil || got.status != status || got.body != want || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %+v, want %d %s", got, status, want)
	}
}

// accepted checks that a call was accepted so.
func accepted(t *testing.T, got answer, status int) {
	t.Helper()
	if got.err != nil || got.status != status {
		t.Errorf("got %+v, want %d", got, status)
	}
	if status == http.StatusAccepted && got.body != `{"status":"OK"}` {
		t.Errorf("got body %q", got.body)
	}
}
