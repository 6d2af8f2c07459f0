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

// Run runs a function in an environment, and records it: so many invocations, each
// followed by some time in which nothing happens, and the shutdown. When it returns,
// nothing of the environment is left.
func Run(
	ctx context.Context, cfg lambdaenv.Config, rec *recording.Recorder,
	event []byte, invocations int, idle time.Duration,
) error {
	cfg.Observe, cfg.Forget = rec.Observe, true
	env, err := lambdaenv.Start(ctx, cfg)
	if err != nil {
		return cmp.Or(context.Cause(ctx), startError(err, cfg.Function))
	}
	err = invoke(ctx, env, rec, event, invocations, idle)
	closed := env.Close() // has more information than ErrClosed
	return cmp.Or(errors.Join(context.Cause(ctx), closed), err)
}

func invoke(
	ctx context.Context, env *lambdaenv.Environment, rec *recording.Recorder,
	event []byte, invocations int, idle time.Duration,
) error {
	for range invocations {
		called := time.Now()
		rec.Call(event)
		response, err := env.Invoke(ctx, event)
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
		case <-time.After(idle):
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
	case strings.HasSuffix(reason, " (Extension.LaunchError)"):
		return cli.Usagef("-extension: %s: give an executable for this machine, built with GOOS=%s GOARCH=%s, "+
			"or a layer as a ZIP", strings.TrimSuffix(reason, " (Extension.LaunchError)"), runtime.GOOS, runtime.GOARCH)
	case strings.Contains(reason, "Runtime exited without providing a reason"):
		return fmt.Errorf("the environment did not start: %s; its main has to call postinvoke.Start or lambda.Start",
			reason)
	case inInit:
		return fmt.Errorf("the environment did not start: %s", reason)
	}
	return err
}
