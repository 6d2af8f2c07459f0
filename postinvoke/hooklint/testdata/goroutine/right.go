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

	"golang.org/x/sync/errgroup"

	"example.com/postinvoke/postinvoke"
)

// Nothing is reported in this file.

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
