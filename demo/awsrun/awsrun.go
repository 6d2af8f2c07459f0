// Package awsrun runs the functions of a stack that infra deployed, on AWS, and
// records what happens as a run on this machine is recorded: it invokes them,
// reads their log groups until the environments are shut down, and checks what
// this project claims about Lambda. docs/aws.md lists what it needs. Command is the
// program of demo/aws.
//
// An account (account.go, requests.go) has the functions and their logs. A run
// (run.go) invokes one and reads its log, whose lines (line.go) replay.go passes
// to a recorder as the entries of a local environment; check.go checks them.
package awsrun

import (
	"cmp"
	"context"
	"time"

	"example.com/postinvoke/demo/recording"
)

// Config describes what to run. Region, Profile and NoWait may be left out.
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

	// NewRecorder begins the recording of an environment. The functions are
	// recorded one after the other.
	NewRecorder func(recording.About) *recording.Recorder

	// Progress is called with what is waited for, again and again.
	Progress func(string)

	// Pace is how often to look, and how long.
	Pace Pace
}

// Pace is how often to look, and how long.
type Pace struct {
	Look  time.Duration // between two looks at a log
	Log   time.Duration // an invocation's report must be in the log by then
	Idle  time.Duration // an environment must be shut down by then
	Grace time.Duration // the other records of a shutdown must come within this
}

// DefaultPace keeps far below five requests a second, the quota of FilterLogEvents
// in most regions. AWS keeps an idle environment for five to ten minutes, in
// what others report.
var DefaultPace = Pace{Look: 2 * time.Second, Log: 2 * time.Minute, Idle: 20 * time.Minute, Grace: 30 * time.Second}

// Run runs the stack's functions and returns the self-check. When ctx ends, it
// records what it has, and returns the checks with the cause. There are no
// checks when nothing was invoked.
//
// It invokes all functions before it waits for the end of the first environment:
// all of them idle at the same time.
func Run(ctx context.Context, cfg Config) ([]Check, error) {
	cfg.Progress("looking at the stack " + cfg.Stack)
	account, err := connect(ctx, &cfg)
	if err != nil {
		return nil, cmp.Or(context.Cause(ctx), err)
	}
	var runs []*run
	for i, t := range account.targets {
		r := &run{cfg: &cfg, account: account, target: t, seen: map[string]bool{}}
		runs = append(runs, r)
		if err == nil {
			err = r.invoke(ctx, i == 0)
		}
	}
	var checks []Check
	for _, r := range runs {
		if r.err = err; len(r.invocations) > 0 {
			checks = append(checks, r.finish(ctx)...)
		}
		err = r.err
	}
	cfg.Progress("")
	return checks, cmp.Or(context.Cause(ctx), err)
}
