package bench_test

import (
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// lambdaFlags are those of deployed functions.
var lambdaFlags = []string{"-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid="}

// build builds a program as it is deployed.
func build(b *testing.B, pkg string) string {
	b.Helper()
	b.Setenv("CGO_ENABLED", "0")
	return lambdaenvtest.Build(b, pkg, lambdaFlags...)
}

// A kind is one way to run an echo function, and what was measured of it.
type kind struct {
	name        string
	cfg         lambdaenv.Config
	payload     string // empty means a short one
	invocations int    // of each environment, after a first one that counts as the cold start

	init, cold, response, idle, busy, shutdown []time.Duration
	function, extension                        []int64 // peak memory in bytes
}

// run starts an environment, invokes its function, and shuts it down.
func (k *kind) run(b *testing.B) {
	b.Helper()
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
	payload := k.payload
	if payload == "" {
		payload = `{"hello":"world"}`
	}
	env := lambdaenvtest.Start(b, cfg)
	k.init = append(k.init, done.Sub(started))
	for i := range k.invocations + 1 {
		if r := env.Invoke(payload); r.FunctionError != "" {
			b.Fatalf("%s: got %s", k.name, r.Payload)
		}
		report := env.WaitIdle()
		response := report.Responded.Sub(report.HandedOver)
		if i == 0 {
			k.cold = append(k.cold, done.Sub(started)+response)
			continue
		}
		k.response = append(k.response, response)
		k.idle = append(k.idle, report.Idle.Sub(report.Responded))
		k.busy = append(k.busy, report.Idle.Sub(report.HandedOver))
	}
	for _, p := range env.Processes() {
		if p.Name == lambdaenv.RuntimeName {
			k.function = append(k.function, p.PeakMemory())
		} else {
			k.extension = append(k.extension, p.PeakMemory())
		}
	}
	k.shutdown = append(k.shutdown, env.Shutdown().Took)
}

// inTurn runs all kinds in turn, so that other work of the machine affects all of
// them.
func inTurn(b *testing.B, kinds []*kind, rounds int) {
	for b.Loop() {
		for range rounds {
			for _, k := range kinds {
				k.run(b)
			}
		}
	}
}
