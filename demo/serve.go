package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"example.com/postinvoke/demo/cli"
	"example.com/postinvoke/demo/live"
	"example.com/postinvoke/demo/local"
)

var serveUsage = cli.Usage{
	Package: "./demo",
	Verb:    "serve",
	Before: `Usage: PROGRAM serve [flags]

Serves a page on this machine on which you invoke the function, see who waits for
what, let it idle, shut it down and crash it. Ctrl-C ends it.
`,
}

// serveOptions are what the flags of serve say.
type serveOptions struct {
	cli.Function
	event string
	port  int
}

func parseServeOptions(args []string, stdout io.Writer) (*serveOptions, error) {
	o := &serveOptions{}
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.IntVar(&o.port, "port", 7788, "the port, `N`, on 127.0.0.1 only; 0 takes any that is free")
	o.Define(flags, 8*time.Second)
	cli.DefineEvent(flags, &o.event, `{"sleepMs":3000}`, ".\nFor your own function the default is {}")
	if err := cli.Parse(flags, args, stdout, serveUsage); err != nil {
		return nil, err
	}
	if o.Path != "" && !cli.Given(flags, "event") {
		o.event = "{}"
	}
	if o.port < 0 || o.port > 65535 {
		return nil, cli.Usagef("-port %d: a number from 0 to 65535 is needed", o.port)
	}
	return o, o.Check(flags)
}

// serve is the command for the live page.
func serve(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	o, err := parseServeOptions(args, stdout)
	if err != nil {
		return err
	}
	event, err := cli.ReadEvent(ctx, o.event, stdin)
	if err != nil {
		return err
	}
	// Before anything that takes time: the port may be taken.
	listener, err := live.Listen(o.port)
	if err != nil {
		return err
	}
	defer listener.Close()
	o.Foresee(stderr)
	tmp, remove, err := cli.TempDir()
	if err != nil {
		return err
	}
	defer remove()
	progress := cli.NewProgress(stderr)
	defer progress.Clear()
	withLayer := o.Function.Function
	withLayer.WithoutLayer = false // it can be switched on
	programs, err := build(withLayer, ctx, tmp, progress.Show)
	if err != nil {
		return err
	}
	progress.Clear()
	const where = "The page is at %s\nCtrl-C ends it, and every process that it started.\n"
	if _, err := fmt.Fprintf(stdout, where, live.URL(listener)); err != nil {
		return err
	}
	err = live.Serve(ctx, listener, live.Config{
		Environment: o.Environment(programs, true),
		Function:    o.Name(),
		Example:     o.Path == "",
		Event:       event,
		Layer:       !o.WithoutLayer,
		Place:       "on this machine",
		Quiet:       !o.Variables.Has(cli.LogLevel),
	})
	if ctx.Err() != nil {
		return local.Ended(ctx, err)
	}
	return err
}
