package local

import (
	"context"
	"debug/elf"
	"debug/macho"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// CheckSystem returns an error on systems on which no function can be run.
func CheckSystem(goos string) error {
	if goos == "linux" || goos == "darwin" {
		return nil
	}
	return fmt.Errorf("freezing processes as Lambda does works on Linux and macOS only, not on %s; "+
		"use one of them, or WSL", goos)
}

// A Run is so many invocations, each followed by some time in which nothing
// happens, and the shutdown.
type Run struct {
	Event       []byte
	Invocations int
	Idle        time.Duration
	Step        func(string) // gets what is being waited for; empty for nothing
}

// In runs it in an environment, and records it. When it returns, nothing of the
// environment is left.
func (r *Run) In(ctx context.Context, cfg lambdaenv.Config, rec *recording.Recorder) error {
	cfg.Observe, cfg.Forget = rec.Observe, true
	env, err := lambdaenv.Start(ctx, cfg)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return startError(err, cfg.Function)
	}
	err = r.invoke(ctx, env, rec)
	closed := env.Close()
	switch {
	case ctx.Err() != nil:
		return Ended(ctx, closed)
	case err != nil && closed != nil: // ErrClosed has less information than what closed it
		return closed
	}
	return err
}

// Ended is the error of a run that was ended by the cause of ctx's end, and
// whose environment was then closed with that error.
func Ended(ctx context.Context, closed error) error {
	if closed != nil {
		return fmt.Errorf("%w; %w", context.Cause(ctx), closed)
	}
	return fmt.Errorf("%w; no process was left behind", context.Cause(ctx))
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

		r.Step(fmt.Sprintf("idle for %v", r.Idle))
		select {
		case <-time.After(r.Idle):
		case <-ctx.Done():
		}
		r.Step("")
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

// startError makes one sentence of the error of lambdaenv.Start. What the function
// printed last is part of the log already.
func startError(err error, function string) error {
	refused := function + ": " + syscall.ENOEXEC.Error() // not an extension
	if system := systemOf(function); system != "" && strings.Contains(err.Error(), refused) {
		return flagErrorf("-function %s: an executable for %s, and this machine is %s/%s: "+
			"build it with GOOS=%[3]s GOARCH=%[4]s, or give the folder of its main package",
			function, system, runtime.GOOS, runtime.GOARCH)
	}
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

// systemOf returns the system that an executable is for, if its format has that.
func systemOf(path string) string {
	if f, err := elf.Open(path); err == nil {
		f.Close()
		arch := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[f.Machine]
		if arch == "" {
			arch = "another architecture"
		}
		return "linux/" + arch
	}
	if f, err := macho.Open(path); err == nil {
		f.Close()
		return "darwin"
	}
	return ""
}
