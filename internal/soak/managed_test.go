package soak_test

import (
	"context"
	"sync"
	"testing"

	"example.com/postinvoke/internal/soak"
	"example.com/postinvoke/lambdaenv"
)

// concurrent is how many invocations the Lambda Managed Instance serves at once.
const concurrent = 64

func TestNoHookIsLostAmongManyAtOnce(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		cfg.MaxConcurrency = concurrent
		s := start(t, cfg)
		plans := newPlanner()

		// All of these run at the same time, first in the handler and then in a hook.
		var meeting []soak.Plan
		for range concurrent {
			meeting = append(meeting, soak.Plan{Meet: concurrent})
		}
		s.serveAtOnce(meeting)

		var mixed []soak.Plan
		for range *invocations / 3 {
			mixed = append(mixed, plans.plan())
		}
		s.serveAtOnce(mixed)

		s.shutDown()
	})
}

// serveAtOnce serves invocations, as many at a time as the instance takes, and
// returns when all their hooks have finished.
func (s *environment) serveAtOnce(plans []soak.Plan) {
	s.t.Helper()
	todo, done := make(chan soak.Plan), make(chan served, len(plans))
	var callers sync.WaitGroup
	for range concurrent {
		callers.Go(func() {
			for plan := range todo {
				if requestID, err := s.invoke(plan); err != nil {
					s.t.Error(err)
				} else {
					done <- served{requestID, plan}
				}
			}
		})
	}
	for _, plan := range plans {
		todo <- plan
	}
	close(todo)
	callers.Wait()
	close(done)

	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for v := range done {
		s.open = append(s.open, v)
		finished := func() bool { return hooksOf(v.plan) == 0 || len(s.recorder.of(v.requestID).summaries) > 0 }
		if err := s.recorder.await(ctx, finished); err != nil {
			s.t.Fatalf("the hooks of %s have not finished: %v\n%s", v.requestID, err, s.logOf(v.requestID))
		}
	}
}
