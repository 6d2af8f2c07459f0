package lambdaenv_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// The scenarios in testdata/conformance say what Lambda's APIs answer. They are
// run against this package, and with -rie against AWS's emulator, so that each
// can be checked against the other.
var rie = flag.String("rie", "", "run the conformance suite against this binary of AWS's Runtime Interface Emulator")

// A scenario is a sequence of calls by a function and its extensions.
type scenario struct {
	Name       string
	Extensions []string
	Steps      []step
	Differs    *difference // from AWS's emulator
}

// A difference is one from AWS's emulator that is meant.
type difference struct {
	Emulator string // what it does
	Decides  string // the sentence by which it is meant
	Source   string // and where that is
}

// A step is one of: a call that is answered, the beginning of a call that is
// not, its answer, an invocation, and what its caller gets. In a path and in
// what is wanted, {id} is the id of the function's last event, {NAME} the
// identifier of an extension.
type step struct {
	Who    string // "function", or an extension
	Call   string // method and path
	Header map[string]string
	Body   json.RawMessage // a string is sent as it is
	Times  int             // that the body is repeated
	Want   *want
	RIE    *want // from AWS's emulator, if it differs

	Truncated bool // the connection closes before the end of the body

	Begin  string // method and path
	Await  *want
	Invoke json.RawMessage // event
	Caller *callerWants
	Keep   string // another name for the last id
}

// want is an answer.
type want struct {
	Status                  int
	ErrorType, ErrorMessage string
	Header                  map[string]string // "*" is any
	Body                    json.RawMessage
	Has                     map[string]string // strings in the JSON of the body
	Text                    string
	Dropped                 bool // there is no answer
}

// callerWants is what the caller of the invocation gets.
type callerWants struct {
	Payload json.RawMessage
	Size    int
	Error   string // which the emulator does not return
}

// A target is what a scenario is run against: an environment whose processes are stubs.
type target interface {
	// address returns the address of the APIs when the process has started.
	address(name string) string
	invoke(payload []byte)
	// response is what the caller has, and the error type unless unknown.
	response() (payload []byte, errorType string)
	// expected returns what is wanted here.
	expected(step) *want
}

func TestConformance(t *testing.T) {
	for _, file := range scenarioFiles(t) {
		topic := strings.TrimSuffix(filepath.Base(file), ".json")
		for _, s := range scenarios(t, file) {
			t.Run(topic+"/"+s.Name, func(t *testing.T) {
				if *rie != "" {
					s.run(t, newRIE(t, s))
					return
				}
				t.Parallel()
				s.run(t, newLocalTarget(t, s))
			})
		}
	}
}

func scenarioFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/conformance/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %q and %v, want scenarios", files, err)
	}
	return files
}

func scenarios(t *testing.T, file string) []scenario {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []scenario
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return all
}

// run makes the calls.
func (s scenario) run(t *testing.T, on target) {
	t.Helper()
	clients := map[string]*client{}
	begun := map[string]<-chan answer{}
	names := map[string]string{"id": "none"}
	for i, st := range s.Steps {
		fail := func(format string, args ...any) {
			t.Helper()
			t.Errorf("step %d: %s", i+1, fmt.Sprintf(format, args...))
		}
		p := clients[st.Who]
		if p == nil && st.Who != "" {
			p = &client{t: t, base: "http://" + on.address(st.Who)}
			clients[st.Who] = p
		}
		switch {
		case st.Call != "":
			got := p.make(st, names)
			if id := got.header.Get("Lambda-Extension-Identifier"); id != "" && p.id == "" {
				p.id = id
				names[st.Who], names[strings.ToUpper(st.Who)] = id, strings.ToUpper(id)
			}
			got.check(on.expected(st), names, fail)
		case st.Begin != "":
			method, path, _ := strings.Cut(st.Begin, " ")
			if strings.HasSuffix(path, "event/next") {
				begun[st.Who] = p.waits()
			} else {
				begun[st.Who] = p.begin(method, path)
			}
		case st.Await != nil:
			got := <-begun[st.Who]
			if id := got.requestID(); id != "" {
				names["id"] = id
			}
			got.check(st.Await, names, fail)
		case st.Invoke != nil:
			on.invoke(raw(st.Invoke))
		case st.Keep != "":
			names[st.Keep] = names["id"]
		case st.Caller != nil:
			payload, errorType := on.response()
			if w := st.Caller; w.Size > 0 && len(payload) != w.Size {
				fail("got a payload of %d bytes, want %d", len(payload), w.Size)
			} else if w.Payload != nil && !bytes.Equal(payload, raw(w.Payload)) {
				fail("got payload %.300q, want %q", payload, raw(w.Payload))
			}
			if errorType != "unknown" && errorType != st.Caller.Error {
				fail("got function error %q, want %q", errorType, st.Caller.Error)
			}
		default:
			fail("it does nothing")
		}
		if t.Failed() {
			return
		}
	}
}

// raw is a body as it is sent: a string as it is, anything else as JSON.
func raw(m json.RawMessage) []byte {
	var text string
	if json.Unmarshal(m, &text) == nil {
		return []byte(text)
	}
	var b bytes.Buffer
	if len(m) > 0 && json.Compact(&b, m) != nil {
		panic("a body that is not JSON") // it was decoded
	}
	return b.Bytes()
}

func filled(s string, names map[string]string) string {
	for name, value := range names {
		s = strings.ReplaceAll(s, "{"+name+"}", value)
	}
	return s
}

// make makes the call of a step. The path is sent as it is written.
func (p *client) make(st step, names map[string]string) answer {
	method, path, _ := strings.Cut(filled(st.Call, names), " ")
	body := bytes.Repeat(raw(st.Body), max(1, st.Times))
	header := http.Header{}
	if p.id != "" {
		header.Set("Lambda-Extension-Identifier", p.id)
	}
	for k, v := range st.Header {
		header.Set(k, filled(v, names))
	}
	length := len(body)
	if st.Truncated {
		length++
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.base, "http://"))
	if err != nil {
		return answer{err: err}
	}
	defer conn.Close()
	go func() {
		fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: lambda\r\nContent-Length: %d\r\n", method, path, length)
		header.Write(conn)
		io.WriteString(conn, "\r\n")
		conn.Write(body)
		if st.Truncated {
			conn.(*net.TCPConn).CloseWrite()
		}
	}()
	return readAnswer(conn, method)
}

// check compares the answer with what is wanted.
func (got answer) check(w *want, names map[string]string, fail func(string, ...any)) {
	if w.Dropped {
		if got.err == nil {
			fail("got %d %s, want a closed connection", got.status, got.body)
		}
		return
	}
	if got.err != nil || got.status != w.Status {
		fail("got status %d, body %.300q and error %v, want status %d", got.status, got.body, got.err, w.Status)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(w.Header)) {
		value, have := filled(w.Header[name], names), got.header.Get(name)
		if have == "" || value != "*" && have != value {
			fail("got header %s: %q, want %q", name, have, value)
		}
	}
	if w.Text != "" && got.body != w.Text {
		fail("got body %q, want %q", got.body, w.Text)
	}
	if body := filled(string(raw(w.Body)), names); body != "" && got.body != body {
		fail("got body %q, want %q", got.body, body)
	}
	if w.ErrorType == "" && w.Has == nil {
		return
	}
	has := maps.Clone(w.Has)
	if w.ErrorType != "" {
		has = map[string]string{"errorType": w.ErrorType, "errorMessage": w.ErrorMessage}
		if contentType := got.header.Get("Content-Type"); contentType != "application/json" {
			fail("got content type %q", contentType)
		}
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(got.body), &fields); err != nil {
		fail("got body %q: %v", got.body, err)
	}
	for key, value := range has {
		if fields[key] != filled(value, names) {
			fail("got %s %q, want %q", key, fields[key], filled(value, names))
		}
	}
}

// localTarget is an environment of this package.
type localTarget struct {
	*stubEnv
	addresses
	started func()
	answers chan *lambdaenv.Response
}

func newLocalTarget(t *testing.T, s scenario) *localTarget {
	se := newStubEnv(t, lambdaenv.Config{}, s.Extensions...)
	return &localTarget{
		stubEnv:   se,
		addresses: newAddresses(t, se.ready),
		started:   sync.OnceFunc(func() { se.started() }),
		answers:   make(chan *lambdaenv.Response, 10),
	}
}

func (l *localTarget) expected(st step) *want { return st.Want }

func (l *localTarget) invoke(payload []byte) {
	l.started()
	go func() {
		r, err := l.env.Invoke(context.Background(), payload)
		if err == nil {
			l.answers <- r
		}
	}()
}

func (l *localTarget) response() ([]byte, string) {
	r := <-l.answers
	return r.Payload, r.FunctionError
}

// addresses are those of the APIs, as the processes print them.
type addresses struct {
	t     *testing.T
	ready <-chan stubProcess
	known map[string]string // by the name of the process
}

func newAddresses(t *testing.T, ready <-chan stubProcess) addresses {
	return addresses{t, ready, map[string]string{}}
}

func (a addresses) address(name string) string {
	a.t.Helper()
	if name == "function" {
		name = "stub"
	}
	for a.known[name] == "" {
		select {
		case p := <-a.ready:
			a.known[p.name] = p.address
		case <-time.After(20 * time.Second):
			a.t.Fatalf("%s has not started", name)
		}
	}
	return a.known[name]
}

var update = flag.Bool("update", false, "write the differences from AWS's emulator to docs/lambdaenv.md")

// The documentation has the differences that the scenarios have, each with the
// sentence that decides it.
func TestDifferences(t *testing.T) {
	t.Parallel()
	const page = "../docs/lambdaenv.md"
	var table strings.Builder
	table.WriteString("| scenario | the emulator | what decides |\n|---|---|---|\n")
	var known []difference // several scenarios may share one
	named := map[difference][]string{}
	for _, file := range scenarioFiles(t) {
		for _, s := range scenarios(t, file) {
			differs := slices.ContainsFunc(s.Steps, func(st step) bool { return st.RIE != nil })
			if differs != (s.Differs != nil) {
				t.Errorf("%s: %q differs from the emulator and does not say why, or the other way round", file, s.Name)
			}
			if s.Differs == nil {
				continue
			}
			if named[*s.Differs] == nil {
				known = append(known, *s.Differs)
			}
			named[*s.Differs] = append(named[*s.Differs], s.Name)
		}
	}
	for _, d := range known {
		name := named[d][0]
		if n := len(named[d]); n > 1 {
			name += fmt.Sprintf(" (%d scenarios)", n)
		}
		fmt.Fprintf(&table, "| %s | %s | [%s](%s) |\n", name, d.Emulator, d.Decides, d.Source)
	}
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), "-update -->\n")
	_, after, ended := strings.Cut(rest, "<!-- end of differences")
	if !ok || !ended {
		t.Fatalf("%s has no place for the differences", page)
	}
	want := before + "-update -->\n" + table.String() + "<!-- end of differences" + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(b) {
		t.Errorf("%s has other differences than the scenarios; renew it with -update", page)
	}
}
