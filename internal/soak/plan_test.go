package soak_test

import (
	"math/rand/v2"
	"slices"
	"strconv"

	"example.com/postinvoke/internal/soak"
)

// A planner makes plans, always the same ones from the same seed.
type planner struct{ *rand.Rand }

func newPlanner() planner { return planner{rand.New(rand.NewPCG(2026, 5))} }

// plan returns a plan whose handler returns, or fails without ending the
// process.
func (p planner) plan() soak.Plan {
	plan := soak.Plan{Hooks: p.hooks(p.IntN(6), 2)}
	if p.IntN(8) == 0 {
		plan.Ends = soak.Error
	}
	return plan
}

// hooks returns n hooks that register others, down to a depth.
func (p planner) hooks(n, depth int) []soak.Hook {
	var hooks []soak.Hook
	for range n {
		h := soak.Hook{Kind: pick(p, soak.Run, soak.Run, soak.RunContext, soak.RunContext, soak.Go)}
		if h.Kind == soak.Go {
			h.Waits = p.IntN(2) == 0
		}
		if p.IntN(12) == 0 {
			h.Takes = 1 + p.IntN(3)
		}
		if depth > 0 && p.IntN(5) == 0 {
			h.Then = p.hooks(1+p.IntN(3), depth-1)
		}
		if p.IntN(8) == 0 {
			if h.Ends = pick(p, soak.Error, soak.Panic, soak.Goexit); h.Kind == soak.Run && h.Ends == soak.Error {
				h.Ends = soak.Panic
			}
		}
		hooks = append(hooks, h)
	}
	return hooks
}

func pick[T any](p planner, of ...T) T { return of[p.IntN(len(of))] }

// An expected is what a plan has to lead to.
type expected struct {
	inOrder  []string // places of hooks, as they have to run
	anyOrder []string // sorted: those of Go, and all that these register
	failures int
}

func expect(plan soak.Plan) expected {
	var e expected
	e.add(plan.Hooks, "", false)
	slices.Sort(e.anyOrder)
	return e
}

// add adds hooks in the order of their calls: the last one first, then what it
// registers, and then the one before it.
func (e *expected) add(hooks []soak.Hook, parent string, anyOrder bool) {
	for i, h := range slices.Backward(hooks) {
		place := parent + strconv.Itoa(i)
		anyOrder := anyOrder || h.Kind == soak.Go
		if anyOrder {
			e.anyOrder = append(e.anyOrder, place)
		} else {
			e.inOrder = append(e.inOrder, place)
		}
		if h.Ends != soak.Returns {
			e.failures++
		}
		e.add(h.Then, place+".", anyOrder)
	}
}

// hooksOf returns how many hooks a plan makes.
func hooksOf(plan soak.Plan) int {
	e := expect(plan)
	n := len(e.inOrder) + len(e.anyOrder)
	if plan.Meet > 0 {
		n++
	}
	return n
}

// counts are what the extension logs at the end of an environment.
type counts struct{ Invocations, Hooks, Failures, Abandoned int }

// add counts an invocation that went as planned.
func (c *counts) add(plan soak.Plan) {
	c.Invocations++
	c.Hooks += hooksOf(plan)
	c.Failures += expect(plan).failures
}
