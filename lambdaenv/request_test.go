package lambdaenv_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// do begins an invocation and returns the event as the function gets it.
func (th *theatre) do(r lambdaenv.Request, next <-chan answer) (event answer, response <-chan *lambdaenv.Response) {
	th.t.Helper()
	c := make(chan *lambdaenv.Response, 1)
	go func() {
		r, err := th.env.Do(th.t.Context(), r)
		if err != nil {
			th.t.Errorf("do: %v", err)
		}
		c <- r
	}()
	return <-next, c
}

func TestWhatCallersSend(t *testing.T) {
	th := newTheatre(t, lambdaenv.Config{Name: "orders"}, "ext")
	ext := th.puppet()
	ext.register("ext", `"INVOKE"`)
	extEvent := ext.extensionNext()
	function := th.puppet()
	next := function.runtimeNext()
	th.curtain()
	const trace = "Root=1-62e900b2-710d76f009d6e7785905449a;Parent=0efbd19962d95b05;Sampled=1"
	event, response := th.do(lambdaenv.Request{
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
		"Lambda-Runtime-Client-Context":       `{"client":{"app_title":"shop"}}`,
		"Lambda-Runtime-Cognito-Identity":     `{"cognitoIdentityId":"us-east-1:1","cognitoIdentityPoolId":"us-east-1:2"}`,
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
	if err := json.Unmarshal([]byte((<-extEvent).body), &seen); err != nil || seen.ARN != arn || seen.Tracing.Value != trace {
		t.Errorf("got %+v and %v from the extension's event", seen, err)
	}
	accepted(t, function.respond(event.header.Get("Lambda-Runtime-Aws-Request-Id"), "1"), http.StatusAccepted)
	<-response
	ext.extensionNext()
	function.runtimeNext()
	if _, err := th.env.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := th.env.Do(t.Context(), lambdaenv.Request{TenantID: "green"}); err == nil || !strings.Contains(err.Error(), `serves tenant "blue", not "green"`) {
		t.Errorf("got %v for another tenant, want an error", err)
	}
}

func TestRequestsThatLambdaDoesNotTake(t *testing.T) {
	th, _, _ := onStage(t, lambdaenv.Config{})
	for name, r := range map[string]lambdaenv.Request{
		"an event of 6291457 bytes":            {Payload: make([]byte, lambdaenv.MaxEvent+1)},
		"an event of 1048577 bytes":            {Payload: make([]byte, lambdaenv.MaxAsyncEvent+1), Async: true},
		"Request.ClientContext is not JSON":    {ClientContext: "shop"},
		"asynchronous request has no response": {Async: true},
	} {
		err := error(nil)
		if strings.HasPrefix(name, "asynchronous") {
			_, err = th.env.InvokeStream(t.Context(), r)
		} else {
			_, err = th.env.Do(t.Context(), r)
		}
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error with %q", err, name)
		}
	}
}

// An attempt has an identifier of its own, though all of them have one request
// id, and the response of another attempt is refused.
func TestAsynchronousInvocationIsTriedAgain(t *testing.T) {
	th, function, next := onStage(t, lambdaenv.Config{})
	response, err := th.env.Do(t.Context(), lambdaenv.Request{Async: true, Payload: []byte(`{}`)})
	if err != nil || response.RequestID == "" || response.Payload != nil {
		t.Fatalf("got %+v and %v, want a request id and nothing else", response, err)
	}
	const header = "Lambda-Runtime-Invocation-Id"
	attempts := map[string]bool{}
	stale := ""
	for i := range 3 {
		event := <-next
		if id := event.header.Get("Lambda-Runtime-Aws-Request-Id"); id != response.RequestID {
			t.Fatalf("got request id %s at attempt %d, want %s", id, i, response.RequestID)
		}
		attempt := event.header.Get(header)
		attempts[attempt] = true
		if stale != "" {
			refused(t, function.respond(response.RequestID, "late", header, stale), 410, "InvokeTimeout", "Invoke timeout")
		}
		stale = attempt
		accepted(t, function.request("POST", runtimePath+"invocation/"+response.RequestID+"/error", `{}`, header, attempt), http.StatusAccepted)
		next = function.runtimeNext()
	}
	if len(attempts) != 3 {
		t.Errorf("got attempts %v, want 3", attempts)
	}
	report, err := th.env.WaitIdle(t.Context()) // returns: there is no fourth
	if err != nil || report.RequestID != response.RequestID || report.Status != "error" {
		t.Errorf("got %+v and %v", report, err)
	}
}

func TestRetriesOfAsynchronousInvocations(t *testing.T) {
	for _, tt := range []struct{ retries, want int }{{-1, 1}, {1, 2}} {
		th, function, next := onStage(t, lambdaenv.Config{Retries: tt.retries, RetryDelay: time.Millisecond})
		if _, err := th.env.Do(t.Context(), lambdaenv.Request{Async: true}); err != nil {
			t.Fatal(err)
		}
		idle := make(chan error, 1)
		go func() {
			_, err := th.env.WaitIdle(t.Context())
			idle <- err
		}()
		for i := 0; ; i++ {
			select {
			case event := <-next:
				id := event.header.Get("Lambda-Runtime-Aws-Request-Id")
				accepted(t, function.request("POST", runtimePath+"invocation/"+id+"/error", `{}`), http.StatusAccepted)
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
	th, function, next := onStage(t, lambdaenv.Config{})
	streams := make(chan *lambdaenv.ResponseStream, 1)
	go func() {
		s, err := th.env.InvokeStream(t.Context(), lambdaenv.Request{Payload: []byte(`{}`)})
		if err != nil {
			t.Errorf("invoke: %v", err)
		}
		streams <- s
	}()
	id := (<-next).header.Get("Lambda-Runtime-Aws-Request-Id")
	body, w := io.Pipe()
	posted := make(chan answer, 1)
	go func() {
		posted <- function.chunked(id, body, nil, "Content-Type", "text/plain", "Lambda-Runtime-Function-Response-Mode", "streaming")
	}()
	io.WriteString(w, "first, ")
	stream := <-streams
	part := make([]byte, len("first, "))
	if _, err := io.ReadFull(stream, part); err != nil || string(part) != "first, " || stream.ContentType != "text/plain" {
		t.Errorf("got %q of %s and %v before the end", part, stream.ContentType, err)
	}
	long := strings.Repeat("x", 7<<20) // more than a caller who waits may have
	io.WriteString(w, long)
	w.Close()
	accepted(t, <-posted, http.StatusAccepted)
	if rest, err := io.ReadAll(stream); err != nil || string(rest) != long {
		t.Errorf("got %d bytes and %v, want %d", len(rest), err, len(long))
	}
	if r, err := stream.Response(); err != nil || len(r.Payload) != len("first, "+long) || r.RequestID != id || stream.RequestID != id {
		t.Errorf("got %+v and %v", r, err)
	}
}

func TestStreamThatFailsHalfWay(t *testing.T) {
	reason := `{"errorType":"Function.Broke","errorMessage":"half way"}`
	for _, tt := range []struct{ name, encoded, want string }{
		{"with a reason", base64.StdEncoding.EncodeToString([]byte(reason)), reason},
		{"without", "", "half"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			th, function, next := onStage(t, lambdaenv.Config{})
			go func() {
				id := (<-next).header.Get("Lambda-Runtime-Aws-Request-Id")
				accepted(t, function.chunked(id, strings.NewReader("half"), map[string]string{
					"Lambda-Runtime-Function-Error-Type": "Function.Broke",
					"Lambda-Runtime-Function-Error-Body": tt.encoded,
				}, "Lambda-Runtime-Function-Response-Mode", "streaming"), http.StatusAccepted)
			}()
			stream, err := th.env.InvokeStream(t.Context(), lambdaenv.Request{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(stream)
			if string(got) != "half" || err == nil || !strings.Contains(err.Error(), "Function.Broke") {
				t.Errorf("got %q and %v, want half and an error", got, err)
			}
			if r, err := stream.Response(); err != nil || r.FunctionError != "Function.Broke" || string(r.Payload) != tt.want {
				t.Errorf("got %+v and %v", r, err)
			}
		})
	}
}

func TestStreamEndsWithTheEnvironment(t *testing.T) {
	th, function, next := onStage(t, lambdaenv.Config{})
	body, w := io.Pipe()
	defer w.Close()
	go func() {
		id := (<-next).header.Get("Lambda-Runtime-Aws-Request-Id")
		function.chunked(id, body, nil)
	}()
	go io.WriteString(w, "begun")
	stream, err := th.env.InvokeStream(t.Context(), lambdaenv.Request{})
	if err != nil {
		t.Fatal(err)
	}
	th.env.Close()
	if _, err := io.ReadAll(stream); err != lambdaenv.ErrClosed {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if _, err := stream.Response(); err != lambdaenv.ErrClosed {
		t.Errorf("got %v, want ErrClosed", err)
	}
}
