package bench_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"example.com/postinvoke/postinvoke"
)

// How often the library may allocate memory for an invocation, the INVOKE event
// that it takes included. Each is one more than without the race detector, with
// which sync.Pool forgets at random.
const (
	mostAllocations        = 5
	mostAllocationsOneHook = 24
)

func TestInvocationsAllocateLittle(t *testing.T) {
	l := newFakeLambda(t)
	if got := l.allocations(nothing); got > mostAllocations {
		t.Errorf("without hooks: got %v allocations, want no more than %d", got, mostAllocations)
	}
	if got := l.allocations(oneHook); got > mostAllocationsOneHook {
		t.Errorf("with one hook: got %v allocations, want no more than %d", got, mostAllocationsOneHook)
	}
}

// BenchmarkLibrary prints what the library costs in the process of the handler,
// without the environment around it.
func BenchmarkLibrary(b *testing.B) {
	const rounds, calls = 2000, 100
	l := newFakeLambda(b)
	var bareTook, wrappedTook, first, further []time.Duration
	for b.Loop() {
		for range rounds {
			bareTook = append(bareTook, l.invoke(bare, nothing))
			wrappedTook = append(wrappedTook, l.serve(nothing))
			l.serve(func(ctx context.Context) {
				began := time.Now()
				oneHook(ctx)
				first = append(first, time.Since(began))
				began = time.Now()
				for range calls {
					postinvoke.Run(ctx, noHook)
				}
				further = append(further, time.Since(began)/calls)
			})
		}
	}
	printTable(fmt.Sprintf("The library alone. Medians of %d invocations.", rounds),
		[]string{"", "time", "allocations"}, [][]string{
			{"around a handler that registers no hook, until it has returned",
				nanoseconds(median(wrappedTook) - median(bareTook)), ""},
			{"an invocation without hooks, until it is done", "", fmt.Sprint(l.allocations(nothing))},
			{"an invocation with one hook, until it is done", "", fmt.Sprint(l.allocations(oneHook))},
			{"registering the first hook", nanoseconds(median(first)), ""},
			{"registering another", nanoseconds(median(further)), ""},
		})
}

func nanoseconds(d time.Duration) string { return fmt.Sprintf("%d ns", d.Nanoseconds()) }
