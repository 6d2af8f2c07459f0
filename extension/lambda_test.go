package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// The tests run the compiled extension against a Lambda that they serve themselves, because
// they decide what comes first.

// enough is how long a test waits for what must happen.
const enough = time.Minute

// A lambdaAPI is an Extensions API on which the test is the platform.
type lambdaAPI struct {
	t      *testing.T
	server *httptest.Server
	calls  chan call   // made by the extension, in order
	events chan string // answers to event/next
	refuse string      // this call
}

type call struct {
	path, name, id, errorType, body string
}

func newLambdaAPI(t *testing.T) *lambdaAPI { return newRefusingAPI(t, "") }

// newRefusingAPI returns one that answers a call with an error.
func newRefusingAPI(t *testing.T, refuse string) *lambdaAPI {
	a := &lambdaAPI{t: t, calls: make(chan call, 100), events: make(chan string), refuse: refuse}
	a.server = httptest.NewServer(a)
	t.Cleanup(a.server.Close)
	return a
}

func (a *lambdaAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	path := strings.TrimPrefix(r.URL.Path, "/2020-01-01/extension/")
	a.calls <- call{
		path:      path,
		name:      r.Header.Get("Lambda-Extension-Name"),
		id:        r.Header.Get("Lambda-Extension-Identifier"),
		errorType: r.Header.Get("Lambda-Extension-Function-Error-Type"),
		body:      string(body),
	}
	if path == a.refuse {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"errorMessage":"not today","errorType":"Extension.Refused"}`)
		return
	}
	switch path {
	case "register":
		w.Header().Set("Lambda-Extension-Identifier", "the-identifier")
		io.WriteString(w, `{"functionName":"f","functionVersion":"$LATEST","handler":"bootstrap"}`)
	case "event/next":
		select {
		case event := <-a.events:
			io.WriteString(w, event)
		case <-r.Context().Done():
		}
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

// want waits for the next call and checks which it is.
func (a *lambdaAPI) want(path string) call {
	a.t.Helper()
	select {
	case c := <-a.calls:
		if c.path != path {
			a.t.Fatalf("got call %+v, want %s", c, path)
		}
		return c
	case <-time.After(enough):
		a.t.Fatalf("the extension did not call %s", path)
	}
	panic("unreachable")
}

func (a *lambdaAPI) shutDown(reason string) {
	a.events <- fmt.Sprintf(`{"eventType":"SHUTDOWN","shutdownReason":%q,"deadlineMs":%d}`, reason,
		time.Now().Add(2*time.Second).UnixMilli())
}

// A process is a running extension.
type process struct {
	t     *testing.T
	tmp   string      // stands for /tmp
	lines chan string // printed, closed at its end
	cmd   *exec.Cmd
}

// start runs the extension with its own temporary folder.
func (a *lambdaAPI) start(env ...string) *process {
	a.t.Helper()
	p := &process{t: a.t, tmp: a.t.TempDir(), lines: make(chan string, 100)}
	ctx, cancel := context.WithTimeout(a.t.Context(), 2*enough)
	a.t.Cleanup(cancel)
	p.cmd = exec.CommandContext(ctx, lambdaenvtest.Build(a.t, "extension"))
	p.cmd.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(a.server.URL, "http://"),
		"AWS_LAMBDA_FUNCTION_NAME=orders",
		"AWS_LAMBDA_LOG_FORMAT=JSON",
		"TMPDIR=" + p.tmp,
	}, env...)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	a.t.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	return p
}

// register starts the extension and takes it through its Init phase.
func (a *lambdaAPI) register(env ...string) *process {
	a.t.Helper()
	p := a.start(env...)
	a.want("register")
	a.want("event/next")
	return p
}

// record returns the next line, as the JSON record that it must be.
func (p *process) record() map[string]any {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.t.Fatal("the extension ended without a further line")
		}
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			p.t.Fatalf("%v: %s", err, line)
		}
		return r
	case <-time.After(enough):
		p.t.Fatal("the extension logged nothing")
	}
	panic("unreachable")
}

// wantRecord checks message and reason of the next line.
func (p *process) wantRecord(message, reason string) {
	p.t.Helper()
	r := p.record()
	if got, _ := r["reason"].(string); r["message"] != message || !strings.Contains(got, reason) {
		p.t.Errorf("got record %v, want message %q and reason %q", r, message, reason)
	}
}

// wantExit waits for the end of the process, without a further line.
func (p *process) wantExit(status int) {
	p.t.Helper()
	for line := range p.lines {
		p.t.Errorf("got line %s, want none", line)
	}
	p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != status {
		p.t.Errorf("got exit status %d, want %d", got, status)
	}
}

// extensionName is the name of the binary under test.
func extensionName(t *testing.T) string {
	return filepath.Base(lambdaenvtest.Build(t, "extension"))
}
