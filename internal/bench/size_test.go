package bench_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/internal/bench"
	"example.com/postinvoke/lambdaenv"
)

// BenchmarkHooks shows what many hooks cost that do nothing.
func BenchmarkHooks(b *testing.B) {
	const rounds, invocations = 10, 60
	counts := []int{0, 1, 10, 100, 1000}
	layer, none := wrappedBothWays(b)
	var kinds []*kind
	for _, n := range counts {
		env := []string{fmt.Sprintf("%s=%d", bench.HooksVariable, n)}
		kinds = append(kinds,
			&kind{name: "with the layer", cfg: withEnv(layer, env), invocations: invocations},
			&kind{name: "without", cfg: withEnv(none, env), invocations: invocations})
	}
	inTurn(b, kinds, rounds)

	var rows [][]string
	for i, n := range counts {
		row := []string{fmt.Sprint(n)}
		for j := 2 * i; j < 2*i+2; j++ {
			each := "–"
			if i > 0 {
				each = slope(kinds[j].busy, kinds[j-2].busy, n-counts[i-1])
			}
			row = append(row, amount(median(kinds[j].response)), amount(median(kinds[j].idle)), each)
		}
		rows = append(rows, row)
	}
	printTable(fmt.Sprintf("Hooks in an invocation. Medians of %d invocations of each kind; each more: event → idle, "+
		"against the line above.", rounds*invocations),
		[]string{"hooks", "with the layer: event → response", "response → idle", "each more",
			"without: event → response", "response → idle", "each more"}, rows)
}

// slope is what each of n things more took.
func slope(values, others []time.Duration, n int) string {
	return fmt.Sprintf("%.2f µs", float64((median(values)-median(others)).Nanoseconds())/1e3/float64(n))
}

// BenchmarkPayloads shows what large events and responses cost.
func BenchmarkPayloads(b *testing.B) {
	const rounds, small, large = 10, 60, 10 // large ones take longer
	sizes := []int{1e3, 1e4, 1e5, 1e6, 6e6}
	layer, none := wrappedBothWays(b)
	bare := lambdaenv.Config{Function: build(b, "./testdata/bare")}
	var kinds []*kind
	for _, size := range sizes {
		payload := `"` + strings.Repeat("x", size-2) + `"`
		invocations := small
		if size >= 1e6 {
			invocations = large
		}
		for _, cfg := range []lambdaenv.Config{bare, layer, none} {
			kinds = append(kinds, &kind{name: fmt.Sprint(size), cfg: cfg, payload: payload, invocations: invocations})
		}
	}
	inTurn(b, kinds, rounds)

	var rows [][]string
	for i, size := range sizes {
		bare, layer, none := kinds[3*i], kinds[3*i+1], kinds[3*i+2]
		each := "–"
		if i > 0 {
			each = slope(bare.response, kinds[3*i-3].response, (size-sizes[i-1])/1000)
		}
		rows = append(rows, []string{fmt.Sprint(size/1000, " kB"),
			against(layer.response, bare.response), against(none.response, bare.response), amount(median(bare.response)), each,
			amount(median(layer.idle)), amount(median(none.idle)), amount(median(bare.idle))})
	}
	printTable(fmt.Sprintf("Events that are sent back. Medians of %d invocations of each kind, %d from 1 MB on; "+
		"each kB more: against the line above.", rounds*small, rounds*large),
		[]string{"size", "event → response: with the layer", "without", "bare", "each kB more",
			"response → idle: with the layer", "without", "bare"}, rows)
}

// wrappedBothWays are the configurations of the wrapped function with the
// layer, and without.
func wrappedBothWays(b *testing.B) (layer, none lambdaenv.Config) {
	wrapped := build(b, "./testdata/wrapped")
	layer = lambdaenv.Config{Function: wrapped, Extensions: []string{build(b, "extension")}}
	return layer, lambdaenv.Config{Function: wrapped}
}

func withEnv(cfg lambdaenv.Config, env []string) lambdaenv.Config {
	cfg.Env = env
	return cfg
}
