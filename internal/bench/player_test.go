package bench_test

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/postinvoke"
)

// A handler is what the player calls. Its event is what it has to do.
type handler func(context.Context, task) (struct{}, error)

type task func(context.Context)

func bare(ctx context.Context, do task) (struct{}, error) {
	do(ctx)
	return struct{}{}, nil
}

// A player plays the runtime for handlers in its own process, and the extension
// for the library.
type player struct {
	wrapped handler
	lines   *bufio.Reader // from the library
}

func newPlayer(t testing.TB) *player {
	t.Helper()
	p, err := thePlayer()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// thePlayer is the only one: a process connects to one extension.
var thePlayer = sync.OnceValues(func() (*player, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	os.Setenv(link.PortVariable, port)
	os.Setenv("AWS_LAMBDA_RUNTIME_API", "nobody asks there")

	lines := make(chan *bufio.Reader, 1)
	go func() { lines <- greet(listener) }()
	wrapped := postinvoke.Wrap(bare, &postinvoke.Options{Logger: slog.New(slog.DiscardHandler)})
	return &player{wrapped: wrapped, lines: <-lines}, nil
})

// greet accepts the library's connection.
func greet(listener net.Listener) *bufio.Reader {
	conn, err := listener.Accept()
	if err != nil {
		panic(err)
	}
	lines := bufio.NewReaderSize(conn, link.MaxLine)
	if _, err := link.ReadLine(lines); err != nil {
		panic(err)
	}
	if _, err := conn.Write([]byte(link.Hello + "\n")); err != nil {
		panic(err)
	}
	return lines
}

// invoke calls a handler as aws-lambda-go does, and ends its context as if the
// response had been accepted. It returns how long the handler took.
func (p *player) invoke(h handler, do task) time.Duration {
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(time.Minute))
	defer cancel()
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "8476a536-e9f4-11e8-9739-2dfe598c3fcd"})
	began := time.Now()
	if _, err := h(ctx, do); err != nil {
		panic(err)
	}
	return time.Since(began)
}

// serve has the wrapped handler serve an invocation, and returns when the
// library has said that it is over.
func (p *player) serve(do task) time.Duration {
	took := p.invoke(p.wrapped, do)
	if _, err := link.ReadLine(p.lines); err != nil {
		panic(err)
	}
	return took
}

// allocations returns how often the library allocates memory for an invocation.
func (p *player) allocations(do task) float64 {
	const runs = 2000
	with := testing.AllocsPerRun(runs, func() { p.serve(do) })
	return with - testing.AllocsPerRun(runs, func() { p.invoke(bare, nothing) })
}

func nothing(context.Context) {}

func oneHook(ctx context.Context) { postinvoke.Run(ctx, noHook) }

func noHook() {}
