// Package dashboard draws the deployed dashboard before it is deployed: it runs
// functions in local environments, evaluates the body of the dashboard in a
// synthesised template over what they logged, and makes a page of it.
package dashboard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"example.com/postinvoke/infra/golden"
	"example.com/postinvoke/internal/cloudwatch"
	"example.com/postinvoke/lambdaenv"
)

// Load returns what a synthesised template deploys: that in the file, or without
// one that of npx cdk deploy, with or without metrics and alarms.
func Load(file string, metrics bool) (*cloudwatch.Deployment, error) {
	text := golden.Template
	switch {
	case file != "":
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	case metrics:
		text = golden.TemplateWithMetrics
	}
	d, err := cloudwatch.Deploy(text)
	if err == nil && (d.Dashboard == nil || len(d.Functions) == 0) {
		err = errors.New("there is no dashboard in it, or no function")
	}
	return d, err
}

// Programs are the executables that environments run.
type Programs struct{ Example, Failing, Extension string }

// A Scenario is what happens in the time that the dashboard shows.
type Scenario string

// Scenarios.
const (
	Trouble Scenario = "trouble" // the last function gets into trouble after half of the time
	Healthy Scenario = "healthy" // nothing goes wrong
	Crashes Scenario = "crashes" // the last function's process ends in each invocation, for an hour
	Nothing Scenario = "nothing" // nothing was invoked yet
)

const (
	shown   = 3 * time.Hour
	between = 5 * time.Minute // from one environment of a function to the next
)

// faults are what goes wrong in the scenario Trouble, one after the other.
var faults = []string{
	"hook fails", "error", "hook fails", "exit", "hook overruns", "hook panics", "too late",
	"hook is killed", "timeout", "hook fails",
	"goroutine panics", "handler panic", "too much", "hook exits",
}

// A session is an environment: what is done in it, and when that is shown.
type session struct {
	fn      cloudwatch.Function
	ago     time.Duration // before the end of the time shown
	trouble bool          // runs the function with trouble, else the example
	events  []string
}

// sessions are those of a scenario.
func (s Scenario) sessions(functions []cloudwatch.Function) []session {
	if s == Nothing {
		return nil
	}
	var all []session
	for i, fn := range functions {
		for n := 1; time.Duration(n)*between < shown-5*time.Minute; n++ {
			ago := time.Duration(n)*between + time.Duration(i%5)*time.Minute
			all = append(all, session{fn: fn, ago: ago, events: work(n + i)})
		}
	}
	last := functions[len(functions)-1]
	switch s {
	case Trouble:
		for n, fault := range faults {
			ago := time.Duration(len(faults)-n)*6*time.Minute + time.Minute
			all = append(all, session{last, ago, true, []string{order(15, ""), order(40, fault)}})
		}
	case Crashes:
		for n := range 20 {
			ago := time.Duration(n)*3*time.Minute + time.Minute
			all = append(all, session{last, ago, true, []string{order(10, "exit"), order(10, "exit")}})
		}
	}
	return all
}

// work are events for the example: hooks that take more and less long.
func work(n int) []string {
	var events []string
	for i := range 2 + n%3 {
		events = append(events, fmt.Sprintf(`{"sleepMs": %d}`, 40+(n*37+i*61)%160))
	}
	return events
}

// order is an event for the function with trouble.
func order(hookMs int, fault string) string {
	return fmt.Sprintf(`{"do": %q, "handlerMs": 25, "hookMs": %d}`, fault, hookMs)
}

// atOnce is how many environments run at the same time.
const atOnce = 4

// Run runs the environments of a scenario and returns what they logged, spread
// over the time that ends at now.
func (s Scenario) Run(
	ctx context.Context, functions []cloudwatch.Function, p Programs, now time.Time,
) ([]cloudwatch.Line, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		all   sync.WaitGroup
		turns = make(chan struct{}, atOnce)
		mu    sync.Mutex
		lines []cloudwatch.Line
	)
	for _, one := range s.sessions(functions) {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			log := cloudwatch.NewLog(one.fn)
			if err := one.run(ctx, p, log); err != nil {
				cancel(err)
			}
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, log.LinesFrom(now.Add(-one.ago))...)
		})
	}
	all.Wait()
	return lines, context.Cause(ctx)
}

// run runs one environment until its shutdown.
func (s session) run(ctx context.Context, p Programs, log *cloudwatch.Log) error {
	config := lambdaenv.Config{
		Function: p.Example, Extensions: []string{p.Extension}, Name: s.fn.Name,
		Timeout: min(s.fn.Timeout, 30*time.Second), Observe: log.Observe, Forget: true,
		ApplicationLogLevel: s.fn.Log.Level,
	}
	if s.fn.Log.JSON {
		config.LogFormat = lambdaenv.JSON
	}
	if s.trouble {
		config.Function = p.Failing
	}
	env, err := lambdaenv.Start(ctx, config)
	if err != nil {
		return err
	}
	defer env.Close()
	for _, event := range s.events {
		if _, err := env.Invoke(ctx, []byte(event)); err != nil {
			return err
		}
		if _, err := env.WaitIdle(ctx); err != nil {
			return err
		}
	}
	_, err = env.Shutdown(ctx, "")
	return err
}
