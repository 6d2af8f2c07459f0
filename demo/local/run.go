package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"time"

	"example.com/postinvoke/demo/cli"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// A Run is so many invocations, each followed by some time in which nothing
// happens, and the shutdown.
type Run struct {
	Event       []byte
	Invocations int
	Idle        time.Duration
}

// In runs it in an environment, and records it. When it returns, nothing of the
// environment is left.
func (r *Run) In(ctx context.Context, cfg lambdaenv.Config, rec *recording.Recorder) error {
	cfg.Observe, cfg.Forget = rec.Observe, true
	env, err := lambdaenv.Start(ctx, cfg)
	if err != nil {
		return cmp.Or(context.Cause(ctx), startError(err, cfg.Function))
	}
	err = r.invoke(ctx, env, rec)
	closed := env.Close() // has more information than ErrClosed
	return cmp.Or(errors.Join(context.Cause(ctx), closed), err)
}

func (r *Run) invoke(ctx context.Context, env *lambdaenv.Environment, rec *recording.Recorder) error {
	for range r.Invocations {
		called := time.Now()
		rec.Call(r.Event)
		response, err := env.Invoke(ctx, r.Event)
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

		select {
		case <-time.After(r.Idle):
		case <-ctx.Done(): // or it would look as if the function was invoked once more
			return ctx.Err()
		}
	}
	report, err := env.Shutdown(ctx, "")
	if report != nil {
		rec.Ended(report)
	}
	return err
}

// startError makes one sentence of the error of lambdaenv.Start. What the function
// printed last is part of the log already.
func startError(err error, function string) error {
	sentence, _, _ := strings.Cut(err.Error(), "\n")
	sentence, _, _ = strings.Cut(sentence, "; it printed")
	switch reason, inInit := strings.CutPrefix(sentence, "lambdaenv: init: "); {
	case strings.Contains(sentence, function+": "+syscall.ENOEXEC.Error()):
		return cli.Usagef("-function %s: not an executable for this machine: build it with GOOS=%s GOARCH=%s, "+
			"or give the folder of its main package", function, runtime.GOOS, runtime.GOARCH)
	case strings.Contains(reason, "Runtime exited without providing a reason"):
		return fmt.Errorf("the environment did not start: %s; its main has to call postinvoke.Start or lambda.Start",
			reason)
	case inInit:
		return fmt.Errorf("the environment did not start: %s", reason)
	}
	return err
}
