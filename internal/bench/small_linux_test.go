package bench_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"example.com/postinvoke/internal/bench"
	"example.com/postinvoke/lambdaenv"
)

// cpuGroups is where version 1 of control groups limits processor time.
const cpuGroups = "/sys/fs/cgroup/cpu"

// BenchmarkSmallFunctions shows what a function with little memory pays, which on
// Lambda has little of a processor as well: 1769 MB are one
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
func BenchmarkSmallFunctions(b *testing.B) {
	const rounds, invocations = 10, 20
	bare, wrapped, ours := build(b, "./testdata/bare"), build(b, "./testdata/wrapped"), build(b, "extension")
	sizes := []int{128, 256, 1769}
	var kinds []*kind
	for _, memory := range sizes {
		limit, err := limitProcessor(b, memory)
		if err != nil {
			b.Skipf("left out, as it needs control groups, version 1, and root: %v", err)
		}
		way := func(name, function string, extensions ...string) *kind {
			cfg := lambdaenv.Config{Function: limit(function), MemoryMB: memory, Env: []string{bench.HooksVariable + "=1"}}
			for _, e := range extensions {
				cfg.Extensions = append(cfg.Extensions, limit(e))
			}
			return &kind{name: name, cfg: cfg, invocations: invocations}
		}
		kinds = append(kinds,
			way("a bare function", bare),
			way("ours without the layer, one hook", wrapped),
			way("ours with the layer, one hook", wrapped, ours))
	}
	inTurn(b, kinds, rounds)

	var rows [][]string
	ways := len(kinds) / len(sizes)
	for i, k := range kinds {
		base := kinds[i-i%ways]
		rows = append(rows, []string{fmt.Sprintf("%d MB", k.cfg.MemoryMB), k.name,
			against(k.cold, base.cold), against(k.response, base.response), against(k.idle, base.idle)})
	}
	printTable(fmt.Sprintf("Processor time limited as at Lambda's small sizes. Medians of %d cold starts and "+
		"%d invocations, as multiples of the bare function.",
		rounds, rounds*invocations), []string{"memory", "", "cold start", "event → response", "response → idle"}, rows)
}

// limitProcessor makes a control group with the processor time of a function with
// so much memory. The result makes a program one that runs in the group: a script
// of the same name, which joins it first.
func limitProcessor(b *testing.B, memoryMB int) (limit func(program string) string, err error) {
	b.Helper()
	const period = 20_000 // microseconds
	group, err := os.MkdirTemp(cpuGroups, "bench-")
	if err != nil {
		return nil, err
	}
	b.Cleanup(func() {
		if err := os.Remove(group); err != nil {
			b.Error(err)
		}
	})
	err = errors.Join(
		os.WriteFile(group+"/cpu.cfs_period_us", fmt.Append(nil, period), 0),
		os.WriteFile(group+"/cpu.cfs_quota_us", fmt.Append(nil, period*memoryMB/1769), 0))
	return func(program string) string {
		script := filepath.Join(b.TempDir(), filepath.Base(program))
		content := fmt.Sprintf("#!/bin/sh\necho $$ > %s/cgroup.procs\nexec %s\n", group, program)
		if err := os.WriteFile(script, []byte(content), 0o755); err != nil {
			b.Fatal(err)
		}
		return script
	}, err
}
