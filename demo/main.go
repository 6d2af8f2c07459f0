// Command demo runs a Lambda function with hooks on this machine and shows its
// log: the response first, the hooks after it, the environment frozen, thawed
// and shut down, with a time on every line. It needs Go and no AWS account.
//
//	go run ./demo
//
// It builds the example function and the extension, and starts them in a local
// execution environment. The log is what CloudWatch would show, and between
// its lines, marked with ──, what Lambda does not log: when the caller has the
// response, when processes are frozen and thawed, and how they end. -h lists the
// commands, their flags and the exit status.
//
// With -o and -png it also writes a report: the run as a timeline, the log, and
// the figures. For that the function runs at log level DEBUG, at which the library
// logs each hook; the log leaves those lines out, unless -env chooses a level.
// With -json it prints objects, which package printer describes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"example.com/postinvoke/demo/cli"
	"example.com/postinvoke/demo/local"
	"example.com/postinvoke/demo/printer"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

func main() { cli.Main(run) }

// run is the program.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	switch {
	case len(args) > 0 && args[0] == "serve":
		return serve(ctx, args[1:], stdin, stdout, stderr)
	case len(args) > 0 && args[0] == "dashboard":
		return drawDashboard(ctx, args[1:], stdout, stderr)
	}
	return runFunction(ctx, args, stdin, stdout, stderr)
}

// build builds what runs; tests build it once.
var build = (*local.Function).Build

// options are what the flags of a run say.
type options struct {
	local.Function
	cli.Shared
	idle      time.Duration
	logFormat lambdaenv.LogFormat
}

const usageBefore = `Usage: demo [flags]             (with Go: go run ./demo [flags])
       demo serve [flags]       a page to play with
       demo dashboard [flags]   the CloudWatch dashboard, drawn
       (serve -h and dashboard -h list their flags)

Runs a Lambda function with hooks on this machine and shows its log.
`

const usageAfter = `Examples:
  demo                                      response, hooks, frozen, thawed, shut down
  demo -o report.html                       the same as a page with a timeline
  demo -plain                               what happens without hooks
  demo -event '{"sleepMs":50}' -idle 6m     shorter hooks, idle for as long as on AWS
  demo -timeout 2s                          hooks that take longer than the timeout
  demo -event '{"crash":true}'              a hook ends its process: what is lost
  demo -function ../mine -event event.json  your function, your event

On AWS: go run ./demo/aws -stack PostInvokeDemo, in the checkout.

Ctrl-C kills all at once, without a shutdown. The report then has what there was by then.

Exit status: 0 when the run has ended, even if invocations failed, as log and summary say; 1 if
something prevented it; 2 for wrong flags; 130 after Ctrl-C. go run makes 1 of all but 0.
`

func parseOptions(args []string, stdout io.Writer) (*options, error) {
	o := &options{logFormat: lambdaenv.Text}
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	o.Function.Define(flags, 30*time.Second)
	o.Shared.Define(flags)
	flags.DurationVar(&o.idle, "idle", time.Second,
		"the `DURATION` for which it is frozen after each invocation, such as 500ms or 6m;\n"+
			"on AWS it is minutes")
	flags.BoolVar(&o.GoroutineOnly, "plain", false,
		"run a function without the library, which merely starts a goroutine")
	flags.Func("extension",
		"run another extension beside the function: a `FILE`, or the layer that it comes in, as a ZIP;\n"+
			"repeatable. The other files of a layer are not in /opt here",
		func(s string) error { o.Extensions = append(o.Extensions, s); return nil })
	flags.Func("log-format", "the function's log `FORMAT`, text or json (default text)", func(s string) error {
		formats := map[string]lambdaenv.LogFormat{"text": lambdaenv.Text, "json": lambdaenv.JSON}
		if o.logFormat = formats[s]; o.logFormat == "" {
			return errors.New("neither text nor json")
		}
		return nil
	})
	if err := cli.Parse(flags, args, stdout, usageBefore, usageAfter); err != nil {
		return nil, err
	}
	switch {
	case o.idle < 0:
		return nil, cli.Usagef("-idle %v: it must not be negative", o.idle)
	case o.GoroutineOnly && o.Path != "":
		return nil, cli.Usagef("-plain and -function cannot be combined")
	}
	if err := o.Function.Check(); err != nil {
		return nil, err
	}
	return o, o.Shared.Check()
}

// runFunction is the command without a verb.
func runFunction(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stdout)
	if err != nil {
		return err
	}
	event, err := cli.ReadEvent(ctx, o.Event, stdin)
	if err != nil {
		return err
	}
	tmp, err := cli.TempFolder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	step := cli.NewProgress(stderr)
	programs, err := build(&o.Function, ctx, tmp, step)
	if err != nil {
		return err
	}

	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	rec := recording.NewRecorder(o.about(), printer.New(&cli.Output{W: stdout, Cancel: cancel}, stdout, o.JSON))
	cfg := o.Environment(programs, o.Wanted())
	cfg.LogFormat = o.logFormat
	err = local.Run(running, cfg, rec, event, o.Invocations, o.idle)
	r := rec.Recording()
	if ctx.Err() != nil {
		r.Intro = append(r.Intro, r.Interrupted("a signal"))
	}
	step("making the report")
	return errors.Join(err, o.Files.Write(ctx, stderr, r))
}

// about describes what is run.
func (o *options) about() recording.About {
	what := fmt.Sprintf("Running %s on this machine: %s, idle for %v after each.",
		&o.Function, recording.Times(o.Invocations), o.idle)
	return recording.About{
		Intro:         []string{what, recording.IdleOnAWS},
		Place:         "on this machine",
		ForTimeline:   o.Wanted() && !o.SetsLogLevel(),
		GoroutineOnly: o.GoroutineOnly,
	}
}
