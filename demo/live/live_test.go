package live_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/postinvoke/demo/browser/browsertest"
	"example.com/postinvoke/demo/live"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// serve serves the page of the example function until the test ends, and returns
// its address.
func serve(t *testing.T, timeout time.Duration) string {
	t.Helper()
	home, _ := serveAt(t, 0, config(t, timeout))
	return home
}

// config is that of the example with a timeout.
func config(t *testing.T, timeout time.Duration) live.Config {
	t.Helper()
	return live.Config{
		Environment: lambdaenv.Config{
			Function: lambdaenvtest.Build(t, "../../function"),
			Extensions: []string{
				lambdaenvtest.Named(t, lambdaenvtest.Build(t, "../../extension"), recording.OwnExtension),
			},
			Timeout: timeout,
			Env:     []string{"AWS_LAMBDA_LOG_LEVEL=DEBUG"},
		},
		Function: "the example function",
		Example:  true,
		Event:    []byte(`{"sleepMs":50}`),
		Layer:    true,
	}
}

// serveAt does so at a port, and returns what ends it before.
func serveAt(t *testing.T, port int, cfg live.Config) (home string, end func()) {
	t.Helper()
	listener, err := live.Listen(port)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- live.Serve(ctx, listener, cfg) }()
	end = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: got %v, want nothing to go wrong", err)
		}
	})
	t.Cleanup(end)
	return live.URL(listener), end
}

// request makes one, with headers as "Name: value", and returns status and body.
func request(t *testing.T, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Set(name, value)
		}
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(b))
}

// post makes a request that has to be served.
func post(t *testing.T, url, body string) {
	t.Helper()
	if got, text := request(t, "POST", url, body); got != http.StatusNoContent {
		t.Fatalf("%s: got %d %s", url, got, text)
	}
}

func TestRequestsOfOtherOriginsAreRefused(t *testing.T) {
	t.Parallel()
	home := serve(t, 5*time.Second)
	host := strings.Trim(strings.TrimPrefix(home, "http:"), "/")
	_, port, _ := net.SplitHostPort(host)
	const own = "Sec-Fetch-Site: same-origin"
	tests := []struct {
		method, path string
		headers      []string
		want         int
	}{
		{"GET", "", nil, 200},
		{"GET", "", []string{"Host: localhost:" + port}, 200},
		{"GET", "", []string{"Host: localhost"}, 200},                                        // of the port 80
		{"GET", "", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}, 200}, // a link
		{"GET", "live.js", []string{own}, 200},
		{"POST", "shutdown", []string{own, "Origin: http://" + host}, 200},
		{"POST", "shutdown", []string{"Host: localhost:" + port, "Origin: http://localhost:" + port}, 200},
		{"GET", "", []string{"Host: evil.example:" + port}, 403}, // a name made to lead here
		{"GET", "", []string{"Host: localhost.evil.example"}, 403},
		{"GET", "", []string{"Host: evil.example:80:localhost"}, 403},
		{"POST", "shutdown", []string{own, "Host: evil.example:" + port}, 403},
		{"POST", "shutdown", []string{"Origin: http://evil.example"}, 403},
		{"POST", "shutdown", []string{"Origin: http://127.0.0.1:1"}, 403}, // another port
		{"POST", "shutdown", []string{"Origin: null"}, 403},
		{"POST", "shutdown", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"POST", "shutdown", []string{"Sec-Fetch-Site: same-site"}, 403},
		{"GET", "shutdown", nil, 405},
		{"GET", "etc/passwd", nil, 404},
	}
	for _, test := range tests {
		got, body := request(t, test.method, home+test.path, "null", test.headers...)
		if got != test.want {
			t.Errorf("%s /%s %q: got %d %s, want %d", test.method, test.path, test.headers, got, body, test.want)
		}
	}
}

// What another page gets of this one, such as the log, it cannot read or show.
func TestOtherPagesCannotReadThis(t *testing.T) {
	t.Parallel()
	home := serve(t, 5*time.Second)
	for _, path := range []string{"", "live.js", "events"} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", home+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "http://evil.example")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		for header, want := range map[string]string{"Access-Control-Allow-Origin": "", "X-Frame-Options": "DENY",
			"Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff"} {
			if got := res.Header.Get(header); got != want {
				t.Errorf("/%s: got %s %q, want %q", path, header, got, want)
			}
		}
	}
}

// A session has no end, but its log does not grow forever.
func TestTheEndOfALongLog(t *testing.T) {
	t.Parallel()
	var moments []recording.Moment
	for i := range 5000 {
		moments = append(moments, recording.Moment{
			Entry:   lambdaenv.Entry{Kind: lambdaenv.Line, Source: lambdaenv.Function},
			Display: fmt.Sprint("line ", i),
		})
	}
	for seen, want := range map[int]int{0: 2000, 3500: 1500, 5000: 0} {
		rows := live.LogOf(moments, seen)
		if len(rows) != want || want > 0 && !strings.Contains(rows[0], fmt.Sprintf(">line %d<", 5000-want)) {
			t.Errorf("after %d rows: got %d, want the last %d", seen, len(rows), want)
		}
	}
}

func TestRequestsThatCannotBeServedNow(t *testing.T) {
	t.Parallel()
	home := serve(t, 5*time.Second)
	tests := []struct{ path, body, want string }{
		{"shutdown", "null", "There is no environment; invoke the function first."},
		{"crash", "null", "There is no environment; invoke the function first."},
		{"invoke", `{"a":`, "Not valid JSON: unexpected end of JSON input."},
		{"layer", `"x"`, "Not valid JSON: json: cannot unmarshal string into Go value of type bool."},
		{"invoke", strings.Repeat(" ", lambdaenv.MaxEvent+1),
			"More than 6291456 bytes, and Lambda takes no larger events."},
		{"idle", "-1", "Not valid JSON: json: cannot unmarshal number -1 into Go value of type uint16."},
	}
	for _, test := range tests {
		got, body := request(t, "POST", home+test.path, test.body)
		if got != http.StatusOK || body != test.want {
			t.Errorf("%s: got %d %s, want %s", test.path, got, body, test.want)
		}
	}
}

// There is no process to kill yet, and the function was invoked.
func TestWhileAnEnvironmentStarts(t *testing.T) {
	t.Parallel()
	function := filepath.Join(t.TempDir(), "function")
	if err := os.WriteFile(function, []byte("#!/bin/sh\nexec sleep 3600\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	home, _ := serveAt(t, 0, live.Config{Environment: lambdaenv.Config{Function: function}})
	post(t, home+"invoke", "1")
	for _, path := range []string{"crash", "shutdown"} {
		const want = "Not now: the environment still starts."
		if _, got := request(t, "POST", home+path, "null"); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

// events reads the stream of events until one of them makes found true.
func events(t *testing.T, home string, found func(event, data string) bool) {
	t.Helper()
	res, err := http.Get(home + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	event, lines := "", bufio.NewReader(res.Body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			event = strings.TrimSpace(name)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok && found(event, data) {
			return
		}
	}
}

// The page names the function, and offers events of the example to nothing else.
func TestAFunctionOfYourOwn(t *testing.T) {
	t.Parallel()
	cfg := config(t, 5*time.Second)
	_, example := request(t, "GET", serve(t, 5*time.Second), "")
	cfg.Function, cfg.Example = "the function in /src/<mine>", false
	home, _ := serveAt(t, 0, cfg)
	_, mine := request(t, "GET", home, "")
	for page, want := range map[string]string{
		example: "This is the example function, in", mine: "This is the function in /src/&lt;mine&gt;, in",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	const event = "data-event="
	if strings.Count(example, event) != 2 || strings.Contains(mine, event) ||
		strings.Contains(mine, "sleepMs&#34;:10000") {
		t.Error("want buttons with events on the page of the example, and no others")
	}
}

// A caller that still waits at the shutdown gets no answer.
func TestAShutdownBeforeAWaitingCaller(t *testing.T) {
	t.Parallel()
	home := serve(t, 30*time.Second)
	until := func(text string) {
		t.Helper()
		events(t, home, func(event, data string) bool { return event == "rows" && strings.Contains(data, text) })
	}
	post(t, home+"invoke", `{"sleepMs":1000}`)
	until("second on stack")
	post(t, home+"invoke", `{"sleepMs":1}`)
	post(t, home+"shutdown", "null")
	until("gets no answer")
	until("nothing is left of the environment")
	// Its shutdown may take a moment longer than its log.
	events(t, home, func(event, data string) bool {
		return event == "view" && strings.Contains(data, "There is no environment")
	})
}

// An environment that idles for longer than the timeout is shut down.
func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	home := serve(t, 5*time.Second)
	post(t, home+"invoke", `{"sleepMs":1}`)
	post(t, home+"idle", "1")
	events(t, home, func(event, data string) bool {
		return event == "rows" && strings.Contains(data, "reason: spindown")
	})
}

func TestMain(m *testing.M) { browsertest.Main(m) }
