package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"example.com/postinvoke/demo/live"
	"example.com/postinvoke/lambdaenv"
)

const serveUsage = `Usage: go run ./demo serve [flags]

Serves a page on this machine on which you invoke the function, see who waits for
what, let it idle, shut it down and crash it. Ctrl-C ends it.

  -port N              the port, on 127.0.0.1 only; 0 takes any that is free (default 7788)
  -function DIR|BIN    your own function: the folder of its main package, or an executable
  -event FILE|JSON     the event to begin with (default {"sleepMs":3000}, or {} for your own function)
  -timeout DURATION    the function's timeout, hooks included (default 8s; whole seconds, 15m
                       at the most); hooks have to be done 500ms before it ends
  -env NAME=VALUE      a variable for the function, which sees only Lambda's and these; repeatable
  -without-layer       begin with the extension switched off
  -h                   print this
`

// serveOptions are what the flags of serve say.
type serveOptions struct {
	options
	port int
}

func parseServeOptions(args []string, stdout io.Writer) (*serveOptions, error) {
	o := &serveOptions{options: options{timeout: 8 * time.Second, logFormat: lambdaenv.Text}}
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.IntVar(&o.port, "port", 7788, "")
	fs.StringVar(&o.function, "function", "", "")
	fs.StringVar(&o.event, "event", "{}", "")
	fs.Func("timeout", "", duration(&o.timeout))
	fs.Func("env", "", variable(&o.variables))
	fs.BoolVar(&o.withoutLayer, "without-layer", false, "")
	switch err := fs.Parse(args); {
	case err == flag.ErrHelp:
		if _, err := io.WriteString(stdout, serveUsage); err != nil {
			return nil, err
		}
		return nil, flag.ErrHelp
	case err != nil:
		return nil, usagef("%v; serve -h lists the flags", err)
	case fs.NArg() > 0:
		return nil, usagef("unexpected argument %q; serve -h lists the flags", fs.Arg(0))
	case o.port < 0 || o.port > 65535:
		return nil, usagef("-port %d: a number from 0 to 65535 is needed", o.port)
	}
	eventGiven := false
	fs.Visit(func(f *flag.Flag) { eventGiven = eventGiven || f.Name == "event" })
	if o.function == "" && !eventGiven {
		o.event = `{"sleepMs":3000}`
	}
	if err := checkTimeout(o.timeout); err != nil {
		return nil, err
	}
	return o, nil
}

// serve is the live page.
func serve(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	o, err := parseServeOptions(args, stdout)
	if err != nil {
		return err
	}
	if err := checkOS(runtime.GOOS); err != nil {
		return err
	}
	event, err := readEvent(ctx, o.event, stdin)
	if err != nil {
		return err
	}
	// Before anything that takes time: the port may be taken.
	listener, err := live.Listen(o.port)
	if err != nil {
		return err
	}
	defer listener.Close()
	tmp, err := os.MkdirTemp("", "postinvoke-demo-")
	if err != nil {
		return fmt.Errorf("a temporary folder is needed (TMPDIR can name another place): %w", err)
	}
	defer os.RemoveAll(tmp)
	build := o.options
	build.withoutLayer = false // it can be switched on
	built, err := buildAll(ctx, &build, tmp, newProgress(stderr))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "The page is at %s\nCtrl-C ends it, and every process that it started.\n", live.URL(listener))
	if err != nil {
		return err
	}
	function := "the example function"
	if o.function != "" {
		function = named(o.function)
	}
	err = live.Serve(ctx, listener, live.Config{
		Environment: lambdaenv.Config{
			Function:   built.function,
			Extensions: []string{built.extension},
			Timeout:    o.timeout,
			LogFormat:  o.logFormat,
			Env:        append([]string{debugLevel}, o.variables...),
		},
		Function: function,
		Example:  o.function == "",
		Event:    event,
		Layer:    !o.withoutLayer,
		Place:    "on this machine",
		Quiet:    !o.setsLogLevel(),
	})
	if ctx.Err() != nil {
		return endedBy(ctx, err)
	}
	return err
}
