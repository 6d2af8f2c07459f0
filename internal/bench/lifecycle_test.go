// Package bench measures what the library and the extension cost, beside a
// function without them. Its benchmarks are run by hand; docs/benchmarks.md
// has the figures and the commands.
package bench

import (
	"compress/flate"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/internal/lambdaenv"
	"example.com/postinvoke/internal/lambdaenv/lambdaenvtest"
)

const (
	rounds      = 20 // cold starts of each kind
	invocations = 60 // of each environment, after a first that is not counted
)

// lambdaFlags build what is deployed.
var lambdaFlags = []string{"-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid="}

// A kind is one way to run the echo function.
type kind struct {
	name string
	cfg  lambdaenv.Config

	init, response, idle, shutdown []time.Duration
	function, extension            []int64 // peak memory in bytes
}

// BenchmarkLifecycle runs all kinds in turn, so that whatever else the machine
// does meets them all, and prints a table of medians.
func BenchmarkLifecycle(b *testing.B) {
	b.Setenv("CGO_ENABLED", "0")
	bare := lambdaenvtest.Build(b, "./testdata/bare", lambdaFlags...)
	wrapped := lambdaenvtest.Build(b, "./testdata/wrapped", lambdaFlags...)
	floor := lambdaenvtest.Build(b, "./testdata/floor", lambdaFlags...)
	ours := lambdaenvtest.Build(b, "extension", lambdaFlags...)
	kinds := []*kind{
		{name: "a bare function", cfg: lambdaenv.Config{Function: bare}},
		{name: "b bare function, do-nothing extension (the floor)", cfg: lambdaenv.Config{Function: bare, Extensions: []string{floor}}},
		{name: "c ours with the layer, no hook", cfg: lambdaenv.Config{Function: wrapped, Extensions: []string{ours}}},
		{name: "c ours with the layer, one hook", cfg: lambdaenv.Config{Function: wrapped, Extensions: []string{ours}, Env: []string{"HOOK=yes"}}},
		{name: "d ours without the layer, no hook", cfg: lambdaenv.Config{Function: wrapped}},
		{name: "d ours without the layer, one hook", cfg: lambdaenv.Config{Function: wrapped, Env: []string{"HOOK=yes"}}},
	}
	for b.Loop() {
		for range rounds {
			for _, k := range kinds {
				k.run(b)
			}
		}
	}
	printTable(kinds)
	printSizes(b, map[string]string{"do-nothing extension": floor, "our extension": ours, "bare function": bare, "wrapped function": wrapped})
}

// run is one life of an environment.
func (k *kind) run(b *testing.B) {
	var started, done time.Time
	cfg := k.cfg
	cfg.Observe = func(e lambdaenv.Entry) {
		switch e.Kind {
		case lambdaenv.InitStarted:
			started = e.Time
		case lambdaenv.InitDone:
			done = e.Time
		}
	}
	env := lambdaenvtest.Start(b, cfg)
	for i := range invocations + 1 {
		env.Invoke(`{"hello":"world"}`)
		report := env.WaitIdle()
		if i == 0 {
			continue
		}
		k.response = append(k.response, report.Responded.Sub(report.HandedOver))
		k.idle = append(k.idle, report.Idle.Sub(report.Responded))
	}
	for _, p := range env.Processes() {
		peak := int64(p.PeakMemory())
		if p.Name == lambdaenv.RuntimeName {
			k.function = append(k.function, peak)
		} else {
			k.extension = append(k.extension, peak)
		}
	}
	report := env.Shutdown()
	k.init = append(k.init, done.Sub(started))
	k.shutdown = append(k.shutdown, report.Took)
}

func printTable(kinds []*kind) {
	floor := kinds[1]
	fmt.Printf("\nMedians of %d invocations and %d cold starts of each kind; in brackets against b.\n\n", rounds*invocations, rounds)
	fmt.Println("| | init | event → response | response → idle | shutdown | function | extension |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, k := range kinds {
		fmt.Printf("| %s | %s | %s | %s | %s | %s | %s |\n", k.name,
			duration(k.init, floor.init), duration(k.response, floor.response), duration(k.idle, floor.idle),
			duration(k.shutdown, floor.shutdown), memory(k.function, floor.function), memory(k.extension, floor.extension))
	}
}

func duration(d, floor []time.Duration) string {
	m := median(d)
	return fmt.Sprintf("%.3f ms (%.2f×)", float64(m.Microseconds())/1000, float64(m)/float64(median(floor)))
}

func memory(bytes, floor []int64) string {
	if len(bytes) == 0 {
		return "–"
	}
	m := median(bytes)
	return fmt.Sprintf("%.1f MB (%.2f×)", float64(m)/1e6, float64(m)/float64(median(floor)))
}

func median[T int64 | time.Duration](values []T) T {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// printSizes prints how large executables are, and how large in a zip.
func printSizes(b *testing.B, paths map[string]string) {
	fmt.Print("\n| executable | size | in a zip |\n|---|---|---|\n")
	for name, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		var zipped counter
		w, err := flate.NewWriter(&zipped, flate.BestCompression)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(w, strings.NewReader(string(content))); err != nil {
			b.Fatal(err)
		}
		w.Close()
		fmt.Printf("| %s | %.2f MB | %.2f MB |\n", name, float64(len(content))/1e6, float64(zipped)/1e6)
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
