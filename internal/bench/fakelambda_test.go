package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/internal/blackbox"
	"example.com/postinvoke/postinvoke"
)

// A handler is what a fakeLambda calls. Its event is a task.
type handler func(context.Context, task) (struct{}, error)

type task func(context.Context)

func bare(ctx context.Context, do task) (struct{}, error) {
	do(ctx)
	return struct{}{}, nil
}

// A fakeLambda is the runtime, the extension and the Extensions API for a handler in
// the process of the test. Its side of the API allocates nothing for an invocation.
type fakeLambda struct {
	wrapped handler
	api     net.Conn // from the library
	event   []byte   // the response with an INVOKE event
	request []byte   // the last one that was read
}

func newFakeLambda(t testing.TB) *fakeLambda {
	t.Helper()
	l, err := theFakeLambda()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const requestID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"

// theFakeLambda is the only one: a process registers once.
var theFakeLambda = sync.OnceValues(func() (*fakeLambda, error) {
	tmp, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	before := os.Getenv("TMPDIR") // empty is as good as none
	os.Setenv("TMPDIR", tmp)
	defer os.Setenv("TMPDIR", before)
	if _, err := blackbox.Create(); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	os.Setenv("AWS_LAMBDA_RUNTIME_API", listener.Addr().String())
	body := fmt.Sprintf(`{"eventType":"INVOKE","deadlineMs":%d,"requestId":%q,"invokedFunctionArn":"arn:aws:lambda:`+
		`us-east-1:123456789012:function:bench"}`, time.Now().Add(time.Hour).UnixMilli(), requestID)
	l := &fakeLambda{request: make([]byte, 4096), event: respond(body)}

	registered := make(chan struct{})
	go func() {
		defer close(registered)
		conn, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		l.api = conn
		l.await() // register
		l.write(respond(`{}`))
	}()
	l.wrapped = postinvoke.Wrap(bare, &postinvoke.Options{Logger: slog.New(slog.DiscardHandler)})
	<-registered
	l.await() // event/next
	return l, os.RemoveAll(tmp)
})

func respond(body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"+
		"Lambda-Extension-Identifier: bench\r\n"+
		"Content-Length: %d\r\n\r\n%s", len(body), body)
}

// await returns when the library has made a request.
func (l *fakeLambda) await() {
	n := 0
	for !bytes.Contains(l.request[:n], []byte("\r\n\r\n")) {
		read, err := l.api.Read(l.request[n:])
		if err != nil {
			panic(err)
		}
		n += read
	}
}

func (l *fakeLambda) write(response []byte) {
	if _, err := l.api.Write(response); err != nil {
		panic(err)
	}
}

// invoke calls a handler as aws-lambda-go does, and ends its context as if the
// response had been accepted. It returns how long the handler took.
func (l *fakeLambda) invoke(h handler, do task) time.Duration {
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(time.Minute))
	defer cancel()
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: requestID})
	began := time.Now()
	if _, err := h(ctx, do); err != nil {
		panic(err)
	}
	return time.Since(began)
}

// serve has the wrapped handler serve an invocation, and returns when the
// library has requested the next one.
func (l *fakeLambda) serve(do task) time.Duration {
	l.write(l.event)
	took := l.invoke(l.wrapped, do)
	l.await()
	return took
}

// allocations returns how often the library allocates memory for an invocation.
func (l *fakeLambda) allocations(do task) float64 {
	const runs = 2000
	with := testing.AllocsPerRun(runs, func() { l.serve(do) })
	return with - testing.AllocsPerRun(runs, func() { l.invoke(bare, nothing) })
}

func nothing(context.Context) {}

func oneHook(ctx context.Context) { postinvoke.Run(ctx, noHook) }

func noHook() {}
