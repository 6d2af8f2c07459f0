package bench_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"example.com/postinvoke/postinvoke"
)

// mostAllocations is how often the library may allocate memory for an
// invocation without hooks, the INVOKE event that it takes included. It is one more
// than without the race detector, with which sync.Pool forgets at random.
const mostAllocations = 9

func TestAnInvocationWithoutHooksAllocatesLittle(t *testing.T) {
	if got := newPlayer(t).allocations(nothing); got > mostAllocations {
		t.Errorf("got %v allocations, want no more than %d", got, mostAllocations)
	}
}

// BenchmarkLibrary prints what the library costs in the process of the handler,
// without the environment around it.
func BenchmarkLibrary(b *testing.B) {
	const rounds, calls = 2000, 100
	p := newPlayer(b)
	var bareTook, wrappedTook, first, further []time.Duration
	for b.Loop() {
		for range rounds {
			bareTook = append(bareTook, p.invoke(bare, nothing))
			wrappedTook = append(wrappedTook, p.serve(nothing))
			p.serve(func(ctx context.Context) {
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
	printTable(fmt.Sprintf("The library by itself. Medians of %d invocations.", rounds),
		[]string{"", "time", "allocations"}, [][]string{
			{"around a handler that registers no hook, until it has returned", nanoseconds(median(wrappedTook) - median(bareTook)), ""},
			{"an invocation without hooks, until it is over", "", fmt.Sprint(p.allocations(nothing))},
			{"an invocation with one hook, until it is over", "", fmt.Sprint(p.allocations(oneHook))},
			{"registering the first hook", nanoseconds(median(first)), ""},
			{"registering another", nanoseconds(median(further)), ""},
		})
}

func nanoseconds(d time.Duration) string { return fmt.Sprintf("%d ns", d.Nanoseconds()) }
