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

// serve is the command for the live page.
func serve(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	var (
		o     cli.Function
		event string
	)
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	port := flags.Int("port", 7788, "the port, `N`, on 127.0.0.1 only; 0 takes any that is free")
	o.Define(flags, 8*time.Second)
	cli.DefineEvent(flags, &event, `{"sleepMs":3000}`, "")
	if err := cli.Parse(flags, args, stdout, serveUsage); err != nil {
		return err
	}
	if *port < 0 || *port > 65535 {
		return cli.Usagef("-port %d: a number from 0 to 65535 is needed", *port)
	}
	if err := o.Check(flags); err != nil {
		return err
	}
	first, err := cli.ReadEvent(ctx, event, stdin)
	if err != nil {
		return err
	}
	// Before anything that takes time: the port may be taken.
	listener, err := live.Listen(*port)
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
	function := o.Function
	function.WithoutLayer = false // it can be switched on
	programs, err := build(function, ctx, tmp, progress.Show)
	if err != nil {
		return err
	}
	progress.Clear()
	_, err = fmt.Fprintf(stdout, "The page is at %s\nCtrl-C ends it, and every process that it started.\n", live.URL(listener))
	if err != nil {
		return err
	}
	err = live.Serve(ctx, listener, live.Config{
		Environment: o.Environment(programs, true),
		Event:       first,
		Layer:       !o.WithoutLayer,
		Place:       "on this machine",
		Quiet:       !o.Variables.Has(cli.LogLevel),
	})
	if ctx.Err() != nil {
		return local.Ended(ctx, err)
	}
	return err
}
