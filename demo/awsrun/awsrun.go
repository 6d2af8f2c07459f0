// Package awsrun runs the functions of a stack that infra deployed, on AWS, and
// records what happens as a run on this machine is recorded: it invokes them,
// reads their log groups until the environments are shut down, and checks what
// this project claims about Lambda. docs/aws.md lists what it needs.
//
// A function's log goes from connect.go and invoke.go through log.go, which reads
// it, and replay.go, which makes the entries of a local environment of it, to a
// recorder; check.go checks the same lines.
package awsrun

import (
	"context"
	"sync"
	"time"

	"example.com/postinvoke/demo/recording"
)

// Config describes what to run. Stack, Event, Invocations, NewRecorder and Progress
// are required; every other zero value works.
type Config struct {
	// Stack is the name of the stack.
	Stack string

	// Region and Profile are those of the AWS CLI. Empty means those
	// of the environment and the files of the CLI.
	Region, Profile string

	// Event is what each function is invoked with, so many times.
	Event       []byte
	Invocations int

	// NoWait ends the run after the invocations instead of waiting for the
	// environments to be shut down.
	NoWait bool

	// NewRecorder begins the recording of an environment. The functions run at
	// the same time and are recorded one after the other: the first while it
	// runs, and the next with what has happened meanwhile.
	NewRecorder func(recording.About) *recording.Recorder

	// Progress is called with what the function that is recorded waits for.
	Progress func(Progress)

	// Pace is how often to look, and how long. Zero means [DefaultPace].
	Pace Pace
}

// Pace is how often to look, and how long.
type Pace struct {
	Busy    time.Duration // between two looks at a log when lines are due
	Quiet   time.Duration // between two looks while an environment idles
	Log     time.Duration // an invocation's report must be in the log by then
	Idle    time.Duration // an environment must be shut down by then
	Grace   time.Duration // the other records of a shutdown must come within this
	Metric  time.Duration // a metric must be there by then
	Backoff time.Duration // at most, before a throttled request is repeated
}

// DefaultPace keeps below five requests a second, the quota of FilterLogEvents
// in most regions. AWS keeps an idle environment for five to ten minutes, in
// what others report.
var DefaultPace = Pace{
	Busy:    time.Second,
	Quiet:   5 * time.Second,
	Log:     2 * time.Minute,
	Idle:    20 * time.Minute,
	Grace:   30 * time.Second,
	Metric:  time.Minute,
	Backoff: 10 * time.Second,
}

// Run runs the stack's functions and returns the self-check. When ctx ends, it
// records what it has, and returns the checks with the cause. There are no
// checks when nothing was invoked.
func Run(ctx context.Context, cfg Config) ([]Check, error) {
	if cfg.Pace == (Pace{}) {
		cfg.Pace = DefaultPace
	}
	cfg.Progress(Progress{Step: "looking at the stack " + cfg.Stack})
	account, err := connect(ctx, &cfg)
	if err != nil {
		return nil, causeOr(ctx, err)
	}
	targets, err := account.targets(ctx, cfg.Stack)
	if err != nil {
		return nil, causeOr(ctx, err)
	}

	// When one fails, the others have nothing to wait for.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	var runs []*run
	for _, target := range targets {
		r := &run{
			cfg: &cfg, account: account, target: target, several: len(targets) > 1,
			log: newFollower(account, target), updates: make(chan func(*recording.Recorder), cfg.Invocations+3),
		}
		runs = append(runs, r)
		running.Go(func() {
			defer close(r.updates)
			if r.err = r.run(ctx); r.err != nil {
				cancel(r.err)
			}
		})
	}
	for _, r := range runs {
		r.shown.Store(true)
		var recorder *recording.Recorder
		for update := range r.updates {
			if recorder == nil {
				recorder = cfg.NewRecorder(r.about)
			}
			update(recorder)
		}
	}
	running.Wait()
	cfg.Progress(Progress{})

	var checks []Check
	for _, r := range runs {
		checks = append(checks, r.checks()...)
	}
	return checks, context.Cause(ctx)
}

// causeOr returns the cause of ctx's end, or err while it has not ended.
func causeOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
