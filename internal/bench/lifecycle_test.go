package bench_test

import (
	"fmt"
	"net"
	"testing"

	"example.com/postinvoke/internal/bench"
	"example.com/postinvoke/lambdaenv"
)

// workMs is how long the work beside each response takes, where there is any.
const workMs = 2

// BenchmarkLifecycle runs an echo function in several ways: with nothing to do beside
// its response, to see what each way costs alone, and with some work.
func BenchmarkLifecycle(b *testing.B) {
	const rounds, invocations = 20, 60
	bare, wrapped := build(b, "./testdata/bare"), build(b, "./testdata/wrapped")
	byHand, overHTTP := build(b, "./testdata/byhand"), build(b, "./testdata/overhttp")
	least := build(b, "./testdata/least")
	floor, ours, httpDone := build(b, "./testdata/floor"), build(b, "extension"), build(b, "./testdata/httpdone")
	way := func(name, function string, extensions []string, env ...string) *kind {
		cfg := lambdaenv.Config{Function: function, Extensions: extensions, Env: env}
		return &kind{name: name, invocations: invocations, cfg: cfg}
	}
	hook, working := bench.HooksVariable+"=1", fmt.Sprintf("%s=%dms", bench.WorkVariable, workMs)
	callRun, callGo := bench.CallVariable+"=Run", bench.CallVariable+"=Go"
	layer := []string{ours}

	nothing := []*kind{
		way("a bare function", bare, nil),
		way("b bare function, do-nothing extension (the floor)", bare, []string{floor}),
		way("k the least that an internal extension can do, with the layer", least, layer),
		way("l the least that an internal extension can do", least, nil),
		way("c ours with the layer, no hook", wrapped, layer),
		way("c ours with the layer, one hook", wrapped, layer, hook),
		way("d ours without the layer, no hook", wrapped, nil),
		way("d ours without the layer, one hook", wrapped, nil, hook),
		way("d ours without the layer, one hook, no record", wrapped, nil, hook, bench.QuietVariable+"=1"),
	}
	something := []*kind{
		way("e inside the handler, before it returns", bare, nil, working),
		way("f ours with the layer: `Run`", wrapped, layer, working, callRun),
		way("f ours with the layer: `Go`", wrapped, layer, working, callGo),
		way("g ours without the layer: `Run`", wrapped, nil, working, callRun),
		way("g ours without the layer: `Go`", wrapped, nil, working, callGo),
		way("h an internal extension by hand", byHand, nil, working),
		way("i a goroutine that signals over HTTP", overHTTP, []string{httpDone}, working),
	}
	listens := fmt.Sprintf("%s=%d", bench.PortVariable, freePort(b))
	last := something[len(something)-1]
	last.cfg.Env = append(last.cfg.Env, listens)
	inTurn(b, append(nothing, something...), rounds)

	printTable(fmt.Sprintf("Nothing to do. Medians of %d invocations and %d cold starts of each kind, "+
		"as multiples of b.",
		rounds*invocations, rounds), []string{"", "event → response", "response → idle", "of k or l",
		"init", "cold start", "shutdown", "function", "extension"}, rowsWithoutWork(nothing))
	printTable(fmt.Sprintf("%d ms of work with each invocation. The same medians, as multiples of e.", workMs),
		[]string{"", "event → response", "event → idle", "init", "cold start", "shutdown", "function", "extension"},
		rowsWithWork(something))
}

// rowsWithoutWork compares kinds with the second one, and their time until idle with
// the least that an internal extension can do: the third with the layer, the fourth
// without it.
func rowsWithoutWork(kinds []*kind) (rows [][]string) {
	base := kinds[1]
	for _, k := range kinds {
		least := kinds[3]
		if len(k.cfg.Extensions) > 0 {
			least = kinds[2]
		}
		rows = append(rows, []string{k.name, against(k.response, base.response),
			against(k.idle, base.idle), ratio(k.idle, least.idle),
			against(k.init, base.init), against(k.cold, base.cold), against(k.shutdown, base.shutdown),
			against(k.function, base.function), against(k.extension, base.extension)})
	}
	return rows
}

// rowsWithWork compares kinds with the first one.
func rowsWithWork(kinds []*kind) (rows [][]string) {
	base := kinds[0]
	for _, k := range kinds {
		rows = append(rows, []string{k.name, against(k.response, base.response), against(k.busy, base.busy),
			against(k.init, base.init), against(k.cold, base.cold), against(k.shutdown, base.shutdown),
			against(k.function, base.function), against(k.extension, nil)})
	}
	return rows
}

// freePort returns a port of 127.0.0.1 that is free.
func freePort(b *testing.B) int {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
