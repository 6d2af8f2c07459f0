package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// A play is what happens in a run: so many invocations, each followed by some
// time in which nothing happens, and the shutdown.
type play struct {
	event       []byte
	invocations int
	idle        time.Duration
}

// perform runs the play in a local execution environment and records it. When
// it returns, nothing of the environment is left.
func (p *play) perform(ctx context.Context, cfg lambdaenv.Config, rec *recording.Recorder, progress *progress) error {
	cfg.Observe, cfg.Forget = rec.Observe, true
	env, err := lambdaenv.Start(ctx, cfg)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return startError(err)
	}
	err = p.act(ctx, env, rec, progress)
	closed := env.Close()
	switch {
	case ctx.Err() != nil:
		return endedBy(ctx, closed)
	case err != nil && closed != nil: // ErrClosed says less than what closed it
		return closed
	}
	return err
}

// endedBy is the error of a run that was ended by the cause of ctx's end, and
// whose environment was then closed with that error.
func endedBy(ctx context.Context, closed error) error {
	if closed != nil {
		return fmt.Errorf("%w; %w", context.Cause(ctx), closed)
	}
	return fmt.Errorf("%w; no process was left behind", context.Cause(ctx))
}

func (p *play) act(ctx context.Context, env *lambdaenv.Environment, rec *recording.Recorder, progress *progress) error {
	for range p.invocations {
		called := time.Now()
		rec.Call(p.event)
		response, err := env.Invoke(ctx, p.event)
		if err != nil {
			rec.Answer(nil)
			return err
		}
		response.Latency = time.Since(called) // as the caller sees it
		rec.Answer(response)
		report, err := env.WaitIdle(ctx)
		if err != nil {
			return err
		}
		rec.Invoked(response, report)

		progress.show(fmt.Sprintf("idle for %v", p.idle))
		select {
		case <-time.After(p.idle):
		case <-ctx.Done():
		}
		progress.clear()
		if ctx.Err() != nil { // or it would look as if the function was invoked once more
			return context.Cause(ctx)
		}
	}
	report, err := env.Shutdown(ctx, "")
	if report != nil {
		rec.Ended(report)
	}
	return err
}

// startError makes one sentence of what lambdaenv.Start says. What the function
// printed last is part of the log already.
func startError(err error) error {
	sentence, _, _ := strings.Cut(err.Error(), "\n")
	sentence, _, _ = strings.Cut(sentence, "; it printed")
	if reason, ok := strings.CutPrefix(sentence, "lambdaenv: init: "); ok {
		if strings.HasPrefix(reason, "the function: Runtime exited without providing a reason") {
			reason += "; its main has to call postinvoke.Start or lambda.Start"
		}
		return fmt.Errorf("the environment did not start: %s", reason)
	}
	return err
}
