// Package local runs a function on this machine: it defines the flags that choose the
// function, builds it and the layer's extension, and invokes it in a local Lambda
// environment. What happens goes to a recorder.
package local

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/postinvoke/demo/cli"
	"example.com/postinvoke/lambdaenv"
)

// A Function describes what to run. The zero value is the example with the layer.
type Function struct {
	Path          string // the folder of a main package, or an executable; empty for the example
	GoroutineOnly bool   // the function of demo/goroutine instead, which does without the library
	WithoutLayer  bool
	Extensions    []string // files of others than the layer's: executables, or layers as ZIP archives
	Variables     []string // NAME=VALUE; the last one of a name counts
	Timeout       time.Duration
}

// Define defines the flags that all commands have, with that timeout if none is given.
func (f *Function) Define(flags *flag.FlagSet, timeout time.Duration) {
	flags.Func("function", "run your own function: the `FOLDER` of its main package, or an executable",
		func(s string) error {
			if f.Path = s; s == "" { // such as a variable that is not set
				return errors.New("neither a folder nor an executable")
			}
			return nil
		})
	flags.BoolVar(&f.WithoutLayer, "without-layer", false,
		"leave out the extension: then nothing logs what is lost when a process dies")
	flags.Func("env",
		"set a variable for the function, `NAME=VALUE`. It sees only Lambda's and these; repeatable.\n"+
			"It runs in a separate folder, as on Lambda: give absolute paths", f.setVariable)
	flags.DurationVar(&f.Timeout, "timeout", timeout,
		"the function's timeout, hooks included, as a `DURATION`: whole seconds, at most 15m.\n"+
			"Hooks have to be done 500ms before it ends")
}

// Names of variables that Lambda sets itself, and refuses in a function's
// configuration. A function that calls AWS needs the first ones here, too.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
var (
	reservedAccess = []string{
		"AWS_REGION", "AWS_DEFAULT_REGION",
		"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	}
	reserved = []string{
		"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_EXECUTION_ENV", "AWS_LAMBDA_RUNTIME_API",
		"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
		"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_MAX_CONCURRENCY",
		"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
	}
)

func (f *Function) setVariable(s string) error {
	name, _, ok := strings.Cut(s, "=")
	switch {
	case !ok || name == "":
		return fmt.Errorf("NAME=VALUE is needed")
	case slices.Contains(reserved, name):
		return fmt.Errorf("%s is reserved: Lambda sets it itself, and so does the local environment", name)
	case slices.Contains(reservedAccess, name):
		fmt.Fprintf(os.Stderr, "demo: %s is for this machine only: on Lambda it is reserved, and the function has "+
			"its own region and role\n", name)
	}
	f.Variables = append(f.Variables, s)
	return nil
}

// Check reports what is wrong with the flags.
func (f *Function) Check() error {
	// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
	if f.Timeout < time.Second || f.Timeout > 15*time.Minute || f.Timeout%time.Second != 0 {
		return cli.Usagef("-timeout %v: Lambda's timeouts are whole seconds, from 1s to 15m", f.Timeout)
	}
	if f.Path == "" {
		return nil
	}
	info, err := os.Stat(f.Path)
	switch {
	case err != nil:
		return cli.Usagef("-function: %v", err)
	case !info.IsDir() && !f.isExecutable():
		return cli.Usagef("-function %s: neither a folder nor an executable", f.Path)
	}
	return nil
}

// Name describes the function, in a form that is of use elsewhere, too.
func (f *Function) Name() string {
	if f.Path == "" {
		return "the example function"
	}
	path := f.Path
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	if f.isExecutable() {
		return "the executable " + path
	}
	return "the function in " + path
}

func (f *Function) isExecutable() bool {
	info, err := os.Stat(f.Path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// String describes what is run.
func (f *Function) String() string {
	switch {
	case f.GoroutineOnly:
		return "a function that works for 0.1 s and merely starts a goroutine (no library, no layer)"
	case f.WithoutLayer:
		return f.Name() + " without the layer"
	}
	return f.Name() + " with the layer"
}

// logLevel is the variable for the function's log level. At DEBUG the library logs
// each hook with its name and length, which a timeline shows.
const logLevel = "AWS_LAMBDA_LOG_LEVEL"

// SetsLogLevel reports whether a variable chooses the log level.
func (f *Function) SetsLogLevel() bool {
	return slices.ContainsFunc(f.Variables, func(s string) bool { return strings.HasPrefix(s, logLevel+"=") })
}

// Environment is what the function runs in.
func (f *Function) Environment(p Programs, timeline bool) lambdaenv.Config {
	cfg := lambdaenv.Config{Function: p.Function, Extensions: p.Extensions, Timeout: f.Timeout}
	if timeline {
		cfg.Env = []string{logLevel + "=DEBUG"}
	}
	cfg.Env = append(cfg.Env, f.Variables...)
	return cfg
}
