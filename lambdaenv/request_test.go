package lambdaenv_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
)

func TestWhatCallersSend(t *testing.T) {
	t.Parallel()
	se := newStubEnv(t, lambdaenv.Config{Name: "orders"}, "ext")
	ext := se.nextProcess()
	ext.register("ext", `"INVOKE"`)
	extEvent := ext.extensionNext()
	function := se.nextProcess()
	next := function.runtimeNext()
	se.started()
	const trace = "Root=1-62e900b2-710d76f009d6e7785905449a;Parent=0efbd19962d95b05;Sampled=1"
	event, id, response := se.do(lambdaenv.Request{
		Payload:               []byte(`7`),
		ClientContext:         `{"client":{"app_title":"shop"}}`,
		CognitoIdentityID:     "us-east-1:1",
		CognitoIdentityPoolID: "us-east-1:2",
		TenantID:              "blue",
		TraceHeader:           trace,
		Qualifier:             "live",
	}, next)
	const arn = "arn:aws:lambda:us-east-1:123456789012:function:orders:live"
	for header, want := range map[string]string{
		"Lambda-Runtime-Client-Context": `{"client":{"app_title":"shop"}}`,
		"Lambda-Runtime-Cognito-Identity": `{"cognitoIdentityId":"us-east-1:1",` +
			`"cognitoIdentityPoolId":"us-east-1:2"}`,
		"Lambda-Runtime-Aws-Tenant-Id":        "blue",
		"Lambda-Runtime-Trace-Id":             trace,
		"Lambda-Runtime-Invoked-Function-Arn": arn,
	} {
		if got := event.header.Get(header); got != want {
			t.Errorf("got %s %q, want %q", header, got, want)
		}
	}
	var seen struct {
		ARN     string `json:"invokedFunctionArn"`
		Tracing struct{ Type, Value string }
	}
	if err := json.Unmarshal([]byte((<-extEvent).body), &seen); err != nil || seen.ARN != arn ||
		seen.Tracing.Value != trace {
		t.Errorf("got %+v and %v from the extension's event", seen, err)
	}
	accepted(t, function.respond(id, "1"), http.StatusAccepted)
	<-response
	ext.extensionNext()
	function.runtimeNext()
	if _, err := se.env.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestRequestsThatLambdaDoesNotTake(t *testing.T) {
	t.Parallel()
	se, _, _ := startStub(t, lambdaenv.Config{})
	for name, r := range map[string]lambdaenv.Request{
		"an event of 6291457 bytes":            {Payload: make([]byte, lambdaenv.MaxEvent+1)},
		"an event of 1048577 bytes":            {Payload: make([]byte, lambdaenv.MaxAsyncEvent+1), Async: true},
		"asynchronous request has no response": {Async: true},
	} {
		err := error(nil)
		if strings.HasPrefix(name, "asynchronous") {
			_, err = se.env.InvokeStream(t.Context(), r)
		} else {
			_, err = se.env.Do(t.Context(), r)
		}
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error with %q", err, name)
		}
	}
}

// Each attempt has another identifier, though all of them have one request
// id, and the response of another attempt is refused.
func TestAsynchronousInvocationIsTriedAgain(t *testing.T) {
	t.Parallel()
	se, function, next := startStub(t, lambdaenv.Config{})
	response, err := se.env.Do(t.Context(), lambdaenv.Request{Async: true, Payload: []byte(`{}`)})
	if err != nil || response.RequestID == "" || response.Payload != nil {
		t.Fatalf("got %+v and %v, want a request id and nothing else", response, err)
	}
	const header = "Lambda-Runtime-Invocation-Id"
	attempts := map[string]bool{}
	stale := ""
	for i := range 3 {
		event := <-next
		if id := event.requestID(); id != response.RequestID {
			t.Fatalf("got request id %s at attempt %d, want %s", id, i, response.RequestID)
		}
		attempt := event.header.Get(header)
		attempts[attempt] = true
		if stale != "" {
			refused(t, function.respond(response.RequestID, "late", header, stale),
				410, "InvokeTimeout", "Invoke timeout")
		}
		stale = attempt
		accepted(t, function.respondError(response.RequestID, `{}`, header, attempt), http.StatusAccepted)
		next = function.runtimeNext()
	}
	if len(attempts) != 3 {
		t.Errorf("got attempts %v, want 3", attempts)
	}
	report, err := se.env.WaitIdle(t.Context()) // returns: there is no fourth
	if err != nil || report.RequestID != response.RequestID || report.Status != "error" {
		t.Errorf("got %+v and %v", report, err)
	}
}

func TestRetriesOfAsynchronousInvocations(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ retries, want int }{{-1, 1}, {1, 2}} {
		se, function, next := startStub(t, lambdaenv.Config{Retries: tt.retries})
		if _, err := se.env.Do(t.Context(), lambdaenv.Request{Async: true}); err != nil {
			t.Fatal(err)
		}
		idle := make(chan error, 1)
		go func() {
			_, err := se.env.WaitIdle(t.Context())
			idle <- err
		}()
		for i := 0; ; i++ {
			select {
			case event := <-next:
				id := event.requestID()
				accepted(t, function.respondError(id, `{}`), http.StatusAccepted)
				next = function.runtimeNext()
				continue
			case err := <-idle:
				if err != nil || i != tt.want {
					t.Errorf("got %d attempts and %v with Retries %d, want %d", i, err, tt.retries, tt.want)
				}
			}
			break
		}
	}
}

func TestResponseIsReadWhileItComes(t *testing.T) {
	t.Parallel()
	se, function, next := startStub(t, lambdaenv.Config{})
	streams := make(chan *lambdaenv.ResponseStream, 1)
	go func() {
		s, err := se.env.InvokeStream(t.Context(), lambdaenv.Request{Payload: []byte(`{}`)})
		if err != nil {
			t.Errorf("invoke: %v", err)
		}
		streams <- s
	}()
	id := (<-next).requestID()
	body, w := io.Pipe()
	posted := make(chan answer, 1)
	go func() {
		posted <- function.chunked(id, body, nil, "Content-Type", "text/plain", "Lambda-Runtime-Function-Response-Mode",
			"streaming")
	}()
	io.WriteString(w, "first, ")
	stream := <-streams
	part := make([]byte, len("first, "))
	_, err := io.ReadFull(stream, part)
	if err != nil || string(part) != "first, " || stream.ContentType != "text/plain" {
		t.Errorf("got %q of %s and %v before the end", part, stream.ContentType, err)
	}
	long := strings.Repeat("x", 7<<20) // more than a caller who waits may have
	go func() {
		io.WriteString(w, long)
		w.Close()
	}()
	if rest, err := io.ReadAll(stream); err != nil || string(rest) != long {
		t.Errorf("got %d bytes and %v, want %d", len(rest), err, len(long))
	}
	accepted(t, <-posted, http.StatusAccepted)
	if r, err := stream.Response(); err != nil || len(r.Payload) != len("first, "+long) || r.RequestID != id ||
		stream.RequestID != id {
		t.Errorf("got %+v and %v", r, err)
	}
}

func TestStreamThatFailsHalfWay(t *testing.T) {
	t.Parallel()
	reason := `{"errorType":"Function.Broke","errorMessage":"halfway"}`
	for _, tt := range []struct{ name, encoded, want string }{
		{"with a reason", base64.StdEncoding.EncodeToString([]byte(reason)), reason},
		{"without", "", "half"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			se, function, next := startStub(t, lambdaenv.Config{})
			go func() {
				id := (<-next).requestID()
				accepted(t, function.chunked(id, strings.NewReader("half"), map[string]string{
					"Lambda-Runtime-Function-Error-Type": "Function.Broke",
					"Lambda-Runtime-Function-Error-Body": tt.encoded,
				}, "Lambda-Runtime-Function-Response-Mode", "streaming"), http.StatusAccepted)
			}()
			stream, err := se.env.InvokeStream(t.Context(), lambdaenv.Request{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(stream)
			if string(got) != "half" || err == nil || !strings.Contains(err.Error(), "Function.Broke") {
				t.Errorf("got %q and %v, want half and an error", got, err)
			}
			r, err := stream.Response()
			if err != nil || r.FunctionError != "Function.Broke" || string(r.Payload) != tt.want {
				t.Errorf("got %+v and %v", r, err)
			}
		})
	}
}

func TestStreamEndsWithTheEnvironment(t *testing.T) {
	t.Parallel()
	se, function, next := startStub(t, lambdaenv.Config{})
	body, w := io.Pipe()
	defer w.Close()
	go func() {
		id := (<-next).requestID()
		function.chunked(id, body, nil)
	}()
	go io.WriteString(w, "begun")
	stream, err := se.env.InvokeStream(t.Context(), lambdaenv.Request{})
	if err != nil {
		t.Fatal(err)
	}
	se.env.Close()
	if _, err := io.ReadAll(stream); err != lambdaenv.ErrClosed {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if _, err := stream.Response(); err != lambdaenv.ErrClosed {
		t.Errorf("got %v, want ErrClosed", err)
	}
}
