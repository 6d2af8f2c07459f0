package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"example.com/postinvoke/demo/cli"
	"example.com/postinvoke/demo/live"
	"example.com/postinvoke/demo/local"
)

const serveUsage = `Usage: demo serve [flags]

Serves a page on this machine on which you invoke the function, see who waits for
what, let it idle, shut it down and crash it. Ctrl-C ends it.
`

// serve is the command for the live page.
func serve(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	var fn local.Function
	var given string
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	port := flags.Int("port", 7788, "the port, `N`, on 127.0.0.1 only; 0 takes any that is free")
	fn.Define(flags, 8*time.Second)
	cli.DefineEvent(flags, &given, ".\nThe default is {\"sleepMs\":3000}, and {} for your own function")
	if err := cli.Parse(flags, args, stdout, serveUsage, ""); err != nil {
		return err
	}
	if err := fn.Check(); err != nil {
		return err
	}
	standard := "{}"
	if fn.Path == "" {
		standard = `{"sleepMs":3000}`
	}
	event, err := cli.ReadEvent(ctx, cmp.Or(given, standard), stdin)
	if err != nil {
		return err
	}
	// Before anything that takes time: the port may be taken.
	listener, err := live.Listen(*port)
	if err != nil {
		return err
	}
	defer listener.Close()
	tmp, err := cli.TempFolder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	layer := !fn.WithoutLayer
	fn.WithoutLayer = false // it can be switched on
	programs, err := build(&fn, ctx, tmp, cli.NewProgress(stderr))
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "The page is at %s\nCtrl-C ends it, and every process that it started.\n", live.URL(listener))
	err = live.Serve(ctx, listener, live.Config{
		Environment: fn.Environment(programs, true),
		Function:    fn.Name(),
		Example:     fn.Path == "",
		Event:       event,
		Layer:       layer,
		Quiet:       !fn.SetsLogLevel(),
	})
	return errors.Join(context.Cause(ctx), err)
}
