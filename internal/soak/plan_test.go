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

// An outlook is what has to come of a plan.
type outlook struct {
	inOrder  []string // places of hooks, as they have to run
	whenever []string // sorted: those of Go, and all that these register
	failures int
}

func look(plan soak.Plan) outlook {
	var o outlook
	o.see(plan.Hooks, "", false)
	slices.Sort(o.whenever)
	return o
}

// see goes through hooks the way they are called: the last one first, then
// whatever it registers, and only then the one before it.
func (o *outlook) see(hooks []soak.Hook, parent string, whenever bool) {
	for i, h := range slices.Backward(hooks) {
		place := parent + strconv.Itoa(i)
		loose := whenever || h.Kind == soak.Go
		if loose {
			o.whenever = append(o.whenever, place)
		} else {
			o.inOrder = append(o.inOrder, place)
		}
		if h.Ends != soak.Returns {
			o.failures++
		}
		o.see(h.Then, place+".", loose)
	}
}

// hooksOf returns how many hooks a plan makes.
func hooksOf(plan soak.Plan) int {
	o := look(plan)
	n := len(o.inOrder) + len(o.whenever)
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
	c.Failures += look(plan).failures
}
