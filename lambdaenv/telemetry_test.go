package lambdaenv_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
)

// telemetryEvent is what a subscriber gets.
type telemetryEvent struct {
	Time, Type string
	Record     json.RawMessage
}

// A listener is an extension's for telemetry.
type listener struct {
	*httptest.Server
	events chan telemetryEvent
}

func newListener(t *testing.T) *listener {
	l := &listener{events: make(chan telemetryEvent, 10_000)}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var batch []telemetryEvent
		if err := json.NewDecoder(r.Body).Decode(&batch); err != nil || r.Method != "POST" || r.URL.Path != "/events" {
			t.Errorf("got %s %s and %v, want an array posted to /events", r.Method, r.URL, err)
		}
		for _, e := range batch {
			l.events <- e
		}
	}))
	t.Cleanup(l.Close)
	return l
}

// of subscribes the extension, with a destination as JSON.
func (p *client) subscribes(destination string, streams ...string) {
	p.t.Helper()
	types, _ := json.Marshal(streams)
	got := p.request("PUT", "/2022-07-01/telemetry", fmt.Sprintf(
		`{"schemaVersion":"2025-01-29","types":%s,"buffering":{"timeoutMs":25},"destination":%s}`, types, destination))
	if got.status != http.StatusOK || got.body != `"OK"` {
		p.t.Fatalf("got %+v from a subscription", got)
	}
}

func (l *listener) destination(host string) string {
	return httpDestination(l.Listener.Addr().String(), host)
}

func httpDestination(address, host string) string {
	_, port, _ := net.SplitHostPort(address)
	return fmt.Sprintf(`{"protocol":"HTTP","URI":"http://%s:%s/events"}`, host, port)
}

// until returns the events up to the first of that type.
func until(events <-chan telemetryEvent, last string) (seen []telemetryEvent) {
	for e := range events {
		if seen = append(seen, e); e.Type == last {
			break
		}
	}
	return seen
}

// subscribed is a stubEnv whose extension has subscribed, and function waits.
func subscribed(t *testing.T, cfg lambdaenv.Config, destination string, streams ...string) (*stubEnv, *client,
	*client, <-chan answer) {
	t.Helper()
	se := newStubEnv(t, cfg, "ext")
	ext := se.nextProcess()
	ext.register("ext", `"INVOKE","SHUTDOWN"`)
	ext.subscribes(destination, streams...)
	ext.extensionNext()
	function := se.nextProcess()
	next := function.runtimeNext()
	se.started()
	return se, ext, function, next
}

// Every event that AWS documents, in its order and shape.
func TestTelemetry(t *testing.T) {
	t.Parallel()
	l := newListener(t)
	se, ext, function, next := subscribed(t, lambdaenv.Config{}, l.destination("sandbox.localdomain"),
		"platform", "function", "extension")
	_, id, response := se.do(lambdaenv.Request{TenantID: "blue"}, next)
	accepted(t, function.respond(id, "1"), http.StatusAccepted)
	<-response
	ext.extensionNext()
	function.runtimeNext()
	seen := until(l.events, "platform.report")
	var platform []string
	lines := map[string]int{}
	for _, e := range seen {
		checkShape(t, e)
		if name, ok := strings.CutPrefix(e.Type, "platform."); ok {
			platform = append(platform, name)
			continue
		}
		lines[e.Type]++
	}
	want := []string{"initStart", "telemetrySubscription", "extension", "initRuntimeDone", "initReport", "start",
		"runtimeDone", "report"}
	if !slices.Equal(platform, want) {
		t.Errorf("got events %q, want %q", platform, want)
	}
	if lines["function"] == 0 || lines["extension"] == 0 {
		t.Errorf("got lines %v, want some of both", lines)
	}
	for _, e := range seen {
		if e.Type == "platform.start" && !strings.Contains(string(e.Record), `"tenantId":"blue"`) {
			t.Errorf("got %s, want the tenant", e.Record)
		}
	}
}

// checkShape checks an event against testdata/telemetry-schema.json, which says
// what AWS's reference does: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
func checkShape(t *testing.T, e telemetryEvent) {
	t.Helper()
	b, err := os.ReadFile("testdata/telemetry-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	var record any
	if err := json.Unmarshal(e.Record, &record); err != nil {
		t.Fatal(err)
	}
	if schema[e.Type] == nil {
		t.Errorf("got an event of type %q", e.Type)
	}
	for _, problem := range mismatches(record, schema[e.Type], e.Type) {
		t.Errorf("%s in %s", problem, e.Record)
	}
}

// mismatches compares a value with a shape: the name of its JSON type, a list
// with the shape of its elements, or fields, where a question mark means that one
// may be missing.
func mismatches(value, shape any, at string) (problems []string) {
	switch shape := shape.(type) {
	case string:
		if got := map[bool]string{true: "number", false: fmt.Sprintf("%T", value)}[fmt.Sprintf("%T",
			value) == "float64"]; got != shape {
			return []string{fmt.Sprintf("%s is %s, want %s", at, got, shape)}
		}
	case []any:
		list, ok := value.([]any)
		if !ok {
			return []string{at + " is no list"}
		}
		for _, v := range list {
			problems = append(problems, mismatches(v, shape[0], at+"[]")...)
		}
	case map[string]any:
		fields, ok := value.(map[string]any)
		if !ok {
			return []string{at + " is no object"}
		}
		for name, inner := range shape {
			name, optional := strings.CutSuffix(name, "?")
			v, there := fields[name]
			switch {
			case there:
				problems = append(problems, mismatches(v, inner, at+"."+name)...)
			case !optional:
				problems = append(problems, at+"."+name+" is missing")
			}
			delete(fields, name)
		}
		for name := range fields {
			problems = append(problems, at+"."+name+" is not documented")
		}
	}
	return problems
}

func TestTelemetryOfOneStream(t *testing.T) {
	t.Parallel()
	l := newListener(t)
	_, _, function, _ := subscribed(t, lambdaenv.Config{}, l.destination("sandbox"),
		"function")
	want := "ready at " + strings.TrimPrefix(function.base, "http://")
	for e := range l.events {
		if e.Type != "function" {
			t.Fatalf("got %+v, want lines of the function only", e)
		}
		if strings.HasPrefix(string(e.Record), `"`+want) {
			break
		}
	}
}

func TestTelemetryOfAFailure(t *testing.T) {
	t.Parallel()
	l := newListener(t)
	se, _, function, next := subscribed(t, lambdaenv.Config{}, l.destination("sandbox"),
		"platform")
	_, id, response := se.do(lambdaenv.Request{}, next)
	accepted(t, function.respondError(id, "{}",
		"Lambda-Runtime-Function-Error-Type", "Function.Gone"), http.StatusAccepted)
	<-response
	function.runtimeNext()
	seen := until(l.events, "platform.runtimeDone")
	last := seen[len(seen)-1]
	checkShape(t, last)
	if text := string(last.Record); !strings.Contains(text, `"status":"error"`) ||
		!strings.Contains(text, `"errorType":"Function.Gone"`) {
		t.Errorf("got %s", text)
	}
}

// In the JSON format a line is an object, with what Lambda adds to one that is not.
func TestTelemetryLinesInJSON(t *testing.T) {
	t.Parallel()
	l := newListener(t)
	subscribed(t, lambdaenv.Config{LogFormat: lambdaenv.JSON}, l.destination("sandbox"),
		"function")
	e := <-l.events
	var line struct{ Time, Level, Msg string }
	if err := json.Unmarshal(e.Record, &line); err != nil || line.Level != "INFO" || line.Msg == "" {
		t.Errorf("got %s and %v, want an object", e.Record, err)
	}
}

func TestTelemetryOverTCP(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	lines := make(chan string, 1000)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		for s := bufio.NewScanner(conn); s.Scan(); {
			lines <- s.Text()
		}
	}()
	subscribed(t, lambdaenv.Config{}, fmt.Sprintf(`{"protocol":"TCP","port":%d}`, l.Addr().(*net.TCPAddr).Port),
		"platform")
	for line := range lines {
		var e telemetryEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("got line %q: %v", line, err)
		}
		if e.Type == "platform.initReport" {
			break
		}
	}
}

// Lambda tries again when nobody listens yet, or the answer is an error.
func TestTelemetryIsSentAgain(t *testing.T) {
	t.Parallel()
	refuse := make(chan bool, 1)
	refuse <- true
	events := make(chan telemetryEvent, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-refuse:
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		default:
		}
		var batch []telemetryEvent
		json.NewDecoder(r.Body).Decode(&batch)
		for _, e := range batch {
			events <- e
		}
	}))
	defer server.Close()
	subscribed(t, lambdaenv.Config{}, httpDestination(server.Listener.Addr().String(), "sandbox"), "platform")
	if first := <-events; first.Type != "platform.initStart" {
		t.Errorf("got %+v first, want platform.initStart", first)
	}
}

// An extension that does not read holds nothing, and learns what it has lost.
func TestSubscriberThatDoesNotRead(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP", "TCP"} {
		t.Run(protocol, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0") // and nobody accepts
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			destination := httpDestination(l.Addr().String(), "sandbox")
			if protocol == "TCP" {
				destination = fmt.Sprintf(`{"protocol":"TCP","port":%d}`, l.Addr().(*net.TCPAddr).Port)
			}
			se, ext, function, next := subscribed(t, lambdaenv.Config{}, destination, "platform", "function", "extension")
			for range 20 {
				_, id, response := se.do(lambdaenv.Request{}, next)
				accepted(t, function.respond(id, "1"), http.StatusAccepted)
				<-response
				ext.extensionNext()
				next = function.runtimeNext()
				if _, err := se.env.WaitIdle(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if err := se.env.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDroppedTelemetryIsReported(t *testing.T) {
	t.Parallel()
	l := newListener(t)
	se := newStubEnv(t, lambdaenv.Config{Env: []string{"LINES=12000"}}, "ext") // more than are kept
	ext := se.nextProcess()
	ext.register("ext", ``)
	ext.subscribes(l.destination("sandbox"), "platform", "extension")
	<-l.events // there is room again
	ext.extensionNext()
	se.nextProcess().runtimeNext()
	seen := until(l.events, "platform.logsDropped")
	dropped := seen[len(seen)-1]
	checkShape(t, dropped)
	if len(seen) < 1000 {
		t.Errorf("got %d events before %s", len(seen), dropped.Record)
	}
}

// What is buffered arrives before the SHUTDOWN event does.
func TestTelemetryIsFlushedAtTheEnd(t *testing.T) {
	t.Parallel()
	l := newListener(t)
	se := newStubEnv(t, lambdaenv.Config{}, "ext")
	ext := se.nextProcess()
	ext.register("ext", `"SHUTDOWN"`)
	got := ext.request("PUT", "/2022-07-01/telemetry",
		`{"schemaVersion":"2025-01-29","types":["platform"],"buffering":{"timeoutMs":30000},`+
			`"destination":`+l.destination("sandbox")+`}`)
	accepted(t, got, http.StatusOK)
	event := ext.extensionNext()
	function := se.nextProcess()
	next := function.runtimeNext()
	se.started()
	_, id, response := se.do(lambdaenv.Request{}, next)
	accepted(t, function.respond(id, "1"), http.StatusAccepted)
	<-response
	function.runtimeNext()
	go se.env.Shutdown(t.Context(), "")
	<-event
	select {
	case <-l.events:
		until(l.events, "platform.report")
	default:
		t.Error("got SHUTDOWN before the telemetry")
	}
}
