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
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		cfg.MaxConcurrency = concurrent
		s := start(t, cfg)
		plans := newPlanner()

		// All of these are there at the same time, in the handler and in a hook.
		var meeting []soak.Plan
		for range concurrent {
			meeting = append(meeting, soak.Plan{Meet: concurrent})
		}
		s.serveAtOnce(meeting)

		var mixed []soak.Plan
		for range *invocations {
			mixed = append(mixed, plans.plan())
		}
		s.serveAtOnce(mixed)

		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if _, err := s.Shutdown(ctx, ""); err != nil {
			t.Fatal(err)
		}
		s.wantNothingOpen()
	})
}

// serveAtOnce has invocations served, as many at a time as may be, and returns
// when all their hooks are over.
func (s *subject) serveAtOnce(plans []soak.Plan) {
	s.t.Helper()
	todo, served := make(chan soak.Plan), make(chan job, len(plans))
	var callers sync.WaitGroup
	for range concurrent {
		callers.Go(func() {
			for plan := range todo {
				if requestID, err := s.invoke(plan); err != nil {
					s.t.Error(err)
				} else {
					served <- job{requestID, plan}
				}
			}
		})
	}
	for _, plan := range plans {
		todo <- plan
	}
	close(todo)
	callers.Wait()
	close(served)

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for j := range served {
		s.open = append(s.open, j)
		over := func() bool { return hooksOf(j.plan) == 0 || len(s.ledger.account(j.requestID).summaries) > 0 }
		if err := s.ledger.await(ctx, over); err != nil {
			s.t.Fatalf("the hooks of %s are not over: %v\n%s", j.requestID, err, s.logOf(j.requestID))
		}
	}
}
