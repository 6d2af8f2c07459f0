package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"example.com/postinvoke/demo/local"
	"example.com/postinvoke/lambdaenv"
)

// A Function has the flags about a function that runs on this machine.
type Function struct {
	local.Function
	Variables local.Variables
	Timeout   time.Duration
}

// Define defines them, with that timeout if none is given.
func (f *Function) Define(flags *flag.FlagSet, timeout time.Duration) {
	f.Timeout = timeout
	flags.StringVar(&f.Path, "function", "",
		"run your own function: the `FOLDER` of its main package, or an executable")
	flags.BoolVar(&f.WithoutLayer, "without-layer", false,
		"leave out the extension: then nothing logs what is lost when a process dies")
	flags.Var(&f.Variables, "env",
		"set a variable for the function, `NAME=VALUE`. It sees only Lambda's and these; repeatable.\n"+
			"It runs in a separate folder, as on Lambda: give absolute paths")
	flags.Var((*Duration)(&f.Timeout), "timeout",
		"the function's timeout, hooks included, as a `DURATION`: whole seconds, at most 15m.\n"+
			"Hooks have to be done 500ms before it ends")
}

// longestTimeout is the most that Lambda lets an invocation take.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const longestTimeout = 15 * time.Minute

// Check reports what is wrong with the flags, and where no function can be run.
func (f *Function) Check(flags *flag.FlagSet) error {
	switch d := f.Timeout; {
	// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
	case d < time.Second, d%time.Second != 0:
		return Usagef("-timeout %v: Lambda's timeouts are whole seconds, at least 1s", d)
	case d > longestTimeout:
		return Usagef("-timeout %v: Lambda allows at most 15m", d)
	case f.Path == "" && Given(flags, "function"):
		return Usagef("-function: neither a folder nor an executable was given")
	}
	return local.CheckSystem(runtime.GOOS)
}

// Foresee reports before the run what will be different on Lambda.
func (f *Function) Foresee(stderr io.Writer) {
	if note := f.Variables.Note(); note != "" {
		fmt.Fprintln(stderr, "demo:", note)
	}
}

// LogLevel is the variable for the function's log level. At DEBUG the library
// logs each hook with its name and length, which a timeline shows.
const LogLevel = "AWS_LAMBDA_LOG_LEVEL"

// Environment is what the function runs in.
func (f *Function) Environment(p local.Programs, timeline bool) lambdaenv.Config {
	cfg := lambdaenv.Config{Function: p.Function, Extensions: p.Extensions, Timeout: f.Timeout}
	if timeline {
		cfg.Env = []string{LogLevel + "=DEBUG"}
	}
	cfg.Env = append(cfg.Env, f.Variables...)
	return cfg
}

// SetLogFormat is for a flag: it sets the function's log format by its name.
func SetLogFormat(format *lambdaenv.LogFormat) func(string) error {
	return func(s string) error {
		switch strings.ToLower(s) {
		case "text":
			*format = lambdaenv.Text
		case "json":
			*format = lambdaenv.JSON
		default:
			return errors.New("neither text nor json")
		}
		return nil
	}
}
