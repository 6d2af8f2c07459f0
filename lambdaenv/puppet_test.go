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

// A theatre is an environment whose processes are puppets: they print their
// variables, and the test makes the calls to the APIs in their place. So each
// answer can be looked at, and what happens in which order is up to the test.
type theatre struct {
	t       *testing.T
	started chan error
	env     *lambdaenv.Environment // once started

	mu      sync.Mutex
	entries []lambdaenv.Entry
	api     chan string // the address, once for each process that started
}

// newTheatre begins to start a puppet function with puppet extensions.
func newTheatre(t *testing.T, cfg lambdaenv.Config, extensions ...string) *theatre {
	t.Helper()
	return newTheatreObserved(t, cfg, func(string) {}, extensions...)
}

// newTheatreObserved is newTheatre with a function that is called with each line.
func newTheatreObserved(t *testing.T, cfg lambdaenv.Config, line func(string), extensions ...string) *theatre {
	t.Helper()
	puppet := lambdaenvtest.Build(t, "./testdata/puppet")
	cfg.Function = puppet
	for _, name := range extensions {
		cfg.Extensions = append(cfg.Extensions, called(t, name, puppet))
	}
	th := &theatre{t: t, started: make(chan error, 1), api: make(chan string, 100)}
	cfg.Observe = func(e lambdaenv.Entry) {
		th.mu.Lock()
		defer th.mu.Unlock()
		th.entries = append(th.entries, e)
		if address, _, ok := onStageAt(e.Text); ok {
			th.api <- address
		}
		line(e.Text)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		var err error
		th.env, err = lambdaenv.Start(ctx, cfg)
		th.started <- err
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		if th.env != nil {
			if err := th.env.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	})
	return th
}

// puppet returns the calls of a process, when it has started.
func (th *theatre) puppet() *puppet {
	return &puppet{t: th.t, base: "http://" + <-th.api}
}

// onStageAt reads the line of a puppet that has started.
func onStageAt(line string) (address, name string, ok bool) {
	rest, ok := strings.CutPrefix(line, "on stage at ")
	address, name, _ = strings.Cut(rest, " as ")
	return address, name, ok
}

// curtain waits for the end of the Init phase.
func (th *theatre) curtain() *lambdaenv.Environment {
	th.t.Helper()
	if err := <-th.started; err != nil {
		th.t.Fatalf("start: %v", err)
	}
	return th.env
}

// A puppet calls the APIs as a function or an extension would.
type puppet struct {
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

// request makes a call; header has names and values in turn.
func (p *puppet) request(method, path, body string, header ...string) answer {
	req, err := http.NewRequest(method, p.base+path, strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	if p.id != "" {
		req.Header.Set("Lambda-Extension-Identifier", p.id)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return do(req)
}

func do(req *http.Request) answer {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, strings.TrimSpace(string(b)), err}
}

// readAnswer reads the answer to a call of that method.
func readAnswer(r io.Reader, method string) (answer, error) {
	res, err := http.ReadResponse(bufio.NewReader(r), &http.Request{Method: method})
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, strings.TrimSpace(string(b)), nil}, err
}

// begin makes a call that may block.
func (p *puppet) begin(method, path string, header ...string) <-chan answer {
	c := make(chan answer, 1)
	go func() { c <- p.request(method, path, "", header...) }()
	return c
}

const (
	runtimePath   = "/2018-06-01/runtime/"
	extensionPath = "/2020-01-01/extension/"
)

func (p *puppet) runtimeNext() <-chan answer {
	return p.begin("GET", runtimePath+"invocation/next")
}

func (p *puppet) extensionNext() <-chan answer { return p.begin("GET", extensionPath+"event/next") }

// waits returns when the extension waits for its next event: only one call for
// it is taken, so when the other has been refused, the one is there.
func (p *puppet) waits() (event <-chan answer) {
	a, b := p.extensionNext(), p.extensionNext()
	select {
	case <-a:
		return b
	case <-b:
		return a
	}
}

// register registers an extension with events as in JSON.
func (p *puppet) register(name, events string) answer {
	a := p.request("POST", extensionPath+"register", `{"events":[`+events+`]}`, "Lambda-Extension-Name", name)
	if a.status == http.StatusOK {
		p.id = a.header.Get("Lambda-Extension-Identifier")
	}
	return a
}

func (p *puppet) respond(id, body string, header ...string) answer {
	return p.request("POST", runtimePath+"invocation/"+id+"/response", body, header...)
}

// refused checks that a call was refused so.
func refused(t *testing.T, got answer, status int, errorType, message string) {
	t.Helper()
	want := `{"errorMessage":"` + message + `","errorType":"` + errorType + `"}`
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
