// Package awsrun runs the functions of a stack that infra deployed, on AWS, and
// records what happens as a run on this machine is recorded: it invokes them,
// reads their log groups until the environments are shut down, and checks what
// this project claims about Lambda. docs/aws.md says what it needs.
package awsrun

import (
	"context"
	"fmt"
	"sync"
	"time"

	"example.com/postinvoke/demo/recording"
)

// Config says what to run. Stack, Event, Invocations, NewRecorder and Progress
// are required; every other zero value works.
type Config struct {
	// Stack is the name of the stack.
	Stack string

	// Region and Profile are those of the AWS CLI. Empty means what the
	// environment and the files of the CLI say.
	Region, Profile string

	// Event is what each function is invoked with, so many times.
	Event       []byte
	Invocations int

	// NoWait ends the run after the invocations instead of waiting for the
	// environments to be shut down.
	NoWait bool

	// NewRecorder begins the recording of an environment. The recordings are
	// made one after the other, though the functions run side by side: the
	// first is told what happens when it happens, and the next what has
	// happened meanwhile.
	NewRecorder func(recording.About) *recording.Recorder

	// Progress is told what is being waited for.
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
// in most regions, and knows that an idle environment is kept for five to ten
// minutes, as far as has been observed.
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
	watch := newWatch(cfg.Progress)
	watch.say("looking at the stack " + cfg.Stack)
	account, err := connect(ctx, &cfg)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	targets, err := account.targets(ctx, cfg.Stack)
	if err != nil {
		return nil, interrupted(ctx, err)
	}

	// When one fails, the others have nothing to wait for.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	plays := make([]*play, len(targets))
	var running sync.WaitGroup
	for i, target := range targets {
		p := newPlay(&cfg, account, target, watch, len(targets) > 1)
		plays[i] = p
		running.Go(func() {
			defer close(p.happened)
			if p.err = p.run(ctx); p.err != nil {
				cancel(p.err)
			}
		})
	}
	for _, p := range plays {
		p.record()
	}
	running.Wait()
	watch.end()

	var checks []Check
	for _, p := range plays {
		checks = append(checks, p.checks()...)
	}
	return checks, context.Cause(ctx)
}

// interrupted prefers the cause of ctx's end to the error it made.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// worthSaying is a difference of clocks that a reader could wonder about.
const worthSaying = 100 * time.Millisecond

// about says what is recorded, from then on.
func (p *play) about(began time.Time) recording.About {
	about := recording.About{
		Intro: []string{fmt.Sprintf("Running %s of the stack %s %s: %s.",
			p.target.function, p.cfg.Stack, p.account.place(), recording.Times(p.cfg.Invocations))},
		Place: p.account.place(),
		Began: began,
	}
	if p.several {
		about.Name = p.target.name
	}
	if p.account.endpoint != "" {
		about.Intro = append(about.Intro, "AWS_ENDPOINT_URL, one of its kind, or the profile names that endpoint. "+
			"What is seen there says nothing about AWS.")
	} else if !p.cfg.NoWait {
		about.Intro = append(about.Intro, recording.IdleOnAWS)
	}
	if skew := p.clock.skew(); skew.Abs() >= worthSaying {
		about.Intro = append(about.Intro, fmt.Sprintf("Times are those of Lambda's clock, which this machine's differs from by about %v.", skew.Abs().Round(worthSaying)))
	}
	return about
}
