// Package goroutine has handlers that start goroutines.
package goroutine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

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
	go func() { // want `nothing waits for this goroutine: it is frozen with the environment when the response is sent, so start it with Go \(.*docs/hooklint.md#goroutine\)`
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
