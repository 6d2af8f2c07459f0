// Command mixed is the function under test. Its events are plans of package soak.
package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/internal/soak"
	"example.com/postinvoke/postinvoke"
)

func main() {
	lambda.Start(postinvoke.Wrap(handle, nil))
}

var handlers, hooks meeting

func handle(ctx context.Context, plan soak.Plan) (any, error) {
	if plan.Usage {
		return usage(), nil
	}
	register(ctx, plan.Hooks, "")
	if plan.Meet > 0 {
		handlers.wait(plan.Meet)
		postinvoke.Run(ctx, func() { hooks.wait(plan.Meet) })
	}
	return plan, end(plan.Ends)
}

// register registers hooks whose places begin with parent.
func register(ctx context.Context, hooks []soak.Hook, parent string) {
	for i, h := range hooks {
		place := parent + strconv.Itoa(i)
		switch h.Kind {
		case soak.Run:
			postinvoke.Run(ctx, func() { _ = run(ctx, h, place) })
		case soak.RunContext:
			postinvoke.RunContext(ctx, func(ctx context.Context) error { return run(ctx, h, place) })
		case soak.Go:
			postinvoke.Go(ctx, func(goCtx context.Context) error {
				if h.Waits {
					<-ctx.Done()
				}
				return run(goCtx, h, place)
			})
		}
	}
}

// run is what a hook does.
func run(ctx context.Context, h soak.Hook, place string) error {
	time.Sleep(time.Duration(h.Takes) * time.Millisecond)
	requestID := "none"
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		requestID = lc.AwsRequestID
	}
	fmt.Printf("%s%s %s\n", soak.LinePrefix, requestID, place)
	register(ctx, h.Then, place+".")
	return end(h.Ends)
}

func end(e soak.End) error {
	switch e {
	case soak.Error:
		return errors.New("as planned")
	case soak.Panic:
		panic("as planned")
	case soak.Goexit:
		runtime.Goexit()
	}
	return nil
}

// A meeting blocks its callers until all of them wait.
type meeting struct {
	mu      sync.Mutex
	waiting int
	all     chan struct{}
}

func (m *meeting) wait(n int) {
	m.mu.Lock()
	if m.all == nil {
		m.all = make(chan struct{})
	}
	if m.waiting++; m.waiting == n {
		close(m.all)
	}
	m.mu.Unlock()
	<-m.all
}

// usage is the least of several readings: the last invocation may have been
// frozen before it had cleaned up.
func usage() soak.Usage {
	least := soak.Usage{Heap: math.MaxInt64, Goroutines: math.MaxInt}
	for range 5 {
		runtime.Gosched()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		least.Heap = min(least.Heap, int64(m.HeapAlloc))
		least.Goroutines = min(least.Goroutines, runtime.NumGoroutine())
	}
	return least
}
