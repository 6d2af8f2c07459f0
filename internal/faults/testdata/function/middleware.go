package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

type wrapped = func(context.Context, event) (any, error)

// middleware returns a handler around the wrapped one. An event that begins with
// the name of one of middlewares and a colon is passed to that, all others are
// passed on.
func middleware(handle wrapped) wrapped {
	return func(ctx context.Context, e event) (any, error) {
		name, do, ok := strings.Cut(e.Do, ": ")
		if !ok {
			return handle(ctx, e)
		}
		return middlewares[name](ctx, event{do}, handle)
	}
}

// middlewares call the wrapped handler with a context that is not Lambda's, or
// do something after it.
var middlewares = map[string]func(context.Context, event, wrapped) (any, error){
	"with timeout": func(ctx context.Context, e event, handle wrapped) (any, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		return handle(ctx, e)
	},
	"with short timeout": func(ctx context.Context, e event, handle wrapped) (any, error) {
		ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		return handle(ctx, e)
	},
	"without cancel": func(ctx context.Context, e event, handle wrapped) (any, error) {
		return handle(context.WithoutCancel(ctx), e)
	},
	"background": func(_ context.Context, e event, handle wrapped) (any, error) {
		return handle(context.Background(), e)
	},
	"batch": func(ctx context.Context, e event, handle wrapped) (any, error) {
		for range batch {
			ctx, cancel := context.WithCancel(ctx)
			_, err := handle(ctx, e)
			cancel()
			if err != nil {
				return nil, err
			}
		}
		return "batch", nil
	},
	"nothing first": nothingFirst,
	"nothing first, then copied": func(ctx context.Context, e event, handle wrapped) (any, error) {
		return nothingFirst(ctx, e, func(ctx context.Context, e event) (any, error) {
			lc, _ := lambdacontext.FromContext(ctx)
			copied := *lc
			return handle(lambdacontext.NewContext(ctx, &copied), e)
		})
	},
	"at once": func(ctx context.Context, e event, handle wrapped) (any, error) {
		ctx, cancel := context.WithCancel(ctx) // as errgroup.WithContext makes one
		defer cancel()
		errs := make([]error, batch)
		var group sync.WaitGroup
		for i := range batch {
			group.Go(func() { _, errs[i] = handle(ctx, e) })
		}
		group.Wait()
		return fmt.Sprint(errs), nil
	},
	"recover": func(ctx context.Context, e event, handle wrapped) (out any, err error) {
		defer func() { out = fmt.Sprint("recovered: ", recover()) }()
		return handle(ctx, e)
	},
	"work after": func(ctx context.Context, e event, handle wrapped) (any, error) {
		out, err := handle(ctx, e)
		takeAWhile(ctx)
		return out, err
	},
}

// batch is how many records are in one.
const batch = 3

// nothingFirst calls the wrapped handler a second time when the environment is not
// kept awake any more.
func nothingFirst(ctx context.Context, e event, handle wrapped) (any, error) {
	first, cancel := context.WithCancel(ctx)
	_, err := handle(first, event{"nothing"})
	cancel()
	if err != nil {
		return nil, err
	}
	takeAWhile(ctx)
	return handle(ctx, e)
}
