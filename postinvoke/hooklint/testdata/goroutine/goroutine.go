// Package goroutine has handlers that start goroutines.
package goroutine

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"golang.org/x/sync/errgroup"

	"example.com/postinvoke/postinvoke"
)

type order struct{ ID string }

type publisher interface {
	Publish(ctx context.Context, o order) error
}

type service struct {
	publisher publisher
	mu        sync.Mutex
	seen      map[string]bool
}

func Main(s *service) {
	lambda.Start(postinvoke.Wrap(s.handle, nil))
}

func (s *service) handle(ctx context.Context, o order) (string, error) {
	go func() { // want `nothing waits for this goroutine: it is frozen with the environment when the response is sent, so start it with Go \(docs/hooklint.md#goroutine\)`
		if o.ID == "" {
			return
		}
		fmt.Println("audit", o.ID)
	}()
	go s.publisher.Publish(ctx, o) // want `nothing waits for this goroutine`
	go refresh(ctx)                // want `nothing waits for this goroutine`
	go s.note(o.ID)                // want `nothing waits for this goroutine`
	go func(o order) {             // want `nothing waits for this goroutine`
		s.publisher.Publish(ctx, o)
	}(o)
	return s.next(ctx, o), nil
}

// next is called with the handler's context.
func (s *service) next(ctx context.Context, o order) string {
	limited, cancel := context.WithTimeout(ctx, time.Second)
	go func() { // want `nothing waits for this goroutine`
		defer cancel()
		s.publisher.Publish(limited, o)
	}()
	go func() { // want `nothing waits for this goroutine`
		time.Sleep(time.Second)
		s.note(<-identifiers())
	}()
	return o.ID
}

func identifiers() <-chan string {
	c := make(chan string, 1)
	c <- "id"
	return c
}

func refresh(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	fmt.Println(deadline)
	return nil
}

func (s *service) note(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[id] = true
}

// Fixes do not change what is evaluated when.
func unfixed(ctx context.Context, ps []publisher, next func() publisher, o order) {
	postinvoke.Run(ctx, func() { fmt.Println("hook") })
	go next().Publish(ctx, o)                         // want `nothing waits for this goroutine`
	go ps[0].Publish(ctx, order{ID: <-identifiers()}) // want `nothing waits for this goroutine`
	o = order{}
	go ps[0].Publish(ctx, o) // want `nothing waits for this goroutine`
	go func(o order) {       // want `nothing waits for this goroutine`
		fmt.Println(o)
	}(o)
	go func() { // want `nothing waits for this goroutine`
		ctx := context.WithoutCancel(ctx)
		fmt.Println(ctx)
	}()
}

// The rest is right.

var once sync.Once

type worker struct {
	jobs    chan order
	results chan error
}

func (w *worker) work() {
	for j := range w.jobs {
		w.results <- fmt.Errorf("%s", j.ID)
	}
}

func joined(ctx context.Context, orders []order, p publisher, w *worker, notify func(order)) (io.Reader, error) {
	postinvoke.Run(ctx, func() { fmt.Println("hook") })

	var group sync.WaitGroup
	for _, o := range orders {
		group.Add(1)
		go func() {
			defer group.Done()
			p.Publish(ctx, o)
		}()
		group.Go(func() { p.Publish(ctx, o) })
	}
	group.Wait()

	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.Publish(gctx, orders[0]) })

	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Publish(ctx, orders[0])
	}()
	<-done

	errs := make(chan error, 1)
	go func() { errs <- p.Publish(ctx, orders[0]) }()
	go publishTo(ctx, p, errs)

	go w.work()
	go notify(orders[0])
	go func() { notify(orders[0]) }()

	stop, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		p.Publish(ctx, orders[0])
	}()
	<-stop.Done()

	go func() { // ends with the invocation
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				fmt.Println("still here")
			}
		}
	}()

	once.Do(func() { go fmt.Println("once in an environment") })
	go func() { // never ends: Go would keep the environment awake
		for {
			time.Sleep(time.Second)
			fmt.Println("heartbeat")
		}
	}()

	r, pipe := io.Pipe()
	go func() {
		pipe.CloseWithError(json.NewEncoder(pipe).Encode(orders))
	}()
	return r, g.Wait()
}

func publishTo(ctx context.Context, p publisher, errs chan<- error) {
	errs <- p.Publish(ctx, order{})
}

// A server of its own is not the library's business.
func serve(handle func(order)) {
	go handle(order{})
	go fmt.Println("not in a handler")
}

// Nobody waits for these groups and channels.
func abandoned(ctx context.Context, orders []order, p publisher) {
	postinvoke.Run(ctx, func() { fmt.Println("hook") })

	var group sync.WaitGroup
	group.Go(func() { p.Publish(ctx, orders[0]) }) // want `nothing waits for group: this goroutine is frozen with the environment when the response is sent, so call group.Wait, or start it with postinvoke.Go`
	for _, o := range orders {
		group.Add(1)
		go func() { // want `nothing waits for this goroutine`
			defer group.Done()
			p.Publish(ctx, o)
		}()
	}

	done := make(chan struct{})
	go func() { // want `nothing waits for this goroutine`
		defer close(done)
		p.Publish(ctx, orders[0])
	}()
}

// A latch has its own way to wait.
type latch interface {
	CountDown()
	Await()
}

func latched(ctx context.Context, l latch, orders []order, p publisher) {
	for _, o := range orders {
		go func() {
			defer l.CountDown()
			p.Publish(ctx, o)
		}()
	}
	l.Await()
	postinvoke.Run(ctx, func() { fmt.Println("hook") })
}

// Streams, servers and subprocesses end when their other side does.
func streams(ctx context.Context, cmd *exec.Cmd, in io.Reader) error {
	postinvoke.Run(ctx, func() { fmt.Println("hook") })
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	go io.Copy(stdin, in)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(stdout)
	go func() {
		for lines.Scan() {
			fmt.Println(lines.Text())
		}
	}()
	return cmd.Run()
}
