// Command demo runs a Lambda function with hooks on this machine and shows its
// log: the response first, the hooks after it, the environment frozen, thawed
// and shut down, with a time on every line. It needs Go and no AWS account.
//
//	go run ./demo
//
// It builds the example function and the extension, and starts them in a local
// execution environment. The log is what CloudWatch would show, and between
// its lines, marked with ──, what Lambda does not log: when the caller has the
// response, when processes are frozen and thawed, and how they end. -h lists flags.
//
// With -o and -png it also writes a report: the run as a timeline, the log, and
// the figures. For that the function runs at log level DEBUG, at which the library
// logs each hook; the log leaves those lines out, unless -env chooses a level.
// With -json it prints objects, which package printer describes.
//
// With serve as the first argument it serves a page on which one invokes the
// function, and with dashboard it draws the CloudWatch dashboard that is deployed.
// For the functions of a deployed stack there is a separate command, demo/aws.
//
// # Exit status
//
// It is 0 if the environment was shut down, even if invocations failed, 2 for wrong
// flags and arguments, 130 after Ctrl-C, which ends every process that was started,
// and 1 for everything else that prevented the run.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
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
var build = local.Function.Build

// options are what the flags of a run say.
type options struct {
	cli.Function
	cli.Shared
	idle      time.Duration
	logFormat lambdaenv.LogFormat
}

var usage = cli.Usage{
	Package: "./demo",
	Before: `Usage: PROGRAM [flags]
       PROGRAM serve [flags]       a page to play with
       PROGRAM dashboard [flags]   the CloudWatch dashboard, drawn
       (serve -h and dashboard -h list their flags)

Runs a Lambda function with hooks on this machine and shows its log.
`,
	After: `Examples:
  PROGRAM                                      response, hooks, frozen, thawed, shut down
  PROGRAM -o report.html                       the same as a page with a timeline
  PROGRAM -plain                               what happens without hooks
  PROGRAM -event '{"sleepMs":50}' -idle 6m     shorter hooks, idle for as long as on AWS
  PROGRAM -timeout 2s                          hooks that take longer than the timeout
  PROGRAM -event '{"crash":true}'              a hook ends its process: what is lost
  PROGRAM -function ../mine -event event.json  your function, your event

On AWS: go run ./demo/aws -stack PostInvokeDemo, in the checkout.

Ctrl-C kills all at once, without a shutdown. The report then has what there was by then.

Exit status: 0 when the run has ended, even if invocations failed, as log and summary say; 1 if
something prevented it; 2 for wrong flags; 130 after Ctrl-C. go run makes 1 of all but 0.
`,
}

// stackFlag is the flag for runs on AWS before they had a command.
var stackFlag = regexp.MustCompile(`^--?stack(=|$)`)

func parseOptions(args []string, stdout io.Writer) (*options, error) {
	if slices.ContainsFunc(args, stackFlag.MatchString) {
		return nil, cli.Usagef("-stack: the command for runs on AWS is go run ./demo/aws, with the same flags")
	}
	o := &options{idle: time.Second, logFormat: lambdaenv.Text}
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	o.Function.Define(flags, 30*time.Second)
	o.Shared.Define(flags)
	flags.Var((*cli.Duration)(&o.idle), "idle",
		"the `DURATION` for which it is frozen after each invocation; on AWS it is minutes")
	flags.BoolVar(&o.GoroutineOnly, "plain", false,
		"run a function without the library, which merely starts a goroutine")
	flags.Var(&o.Extensions, "extension",
		"run another extension beside the function: a `FILE`, or the layer that it comes in, as a ZIP;\n"+
			"repeatable. The other files of a layer are not in /opt here")
	flags.Func("log-format", "the function's log `FORMAT`, text or json (default text)", cli.SetLogFormat(&o.logFormat))
	if err := cli.Parse(flags, args, stdout, usage); err != nil {
		return nil, err
	}
	switch {
	case o.idle < 0:
		return nil, cli.Usagef("-idle must not be negative")
	case o.GoroutineOnly && o.Path != "":
		return nil, cli.Usagef("-plain and -function cannot be combined")
	}
	if err := o.Function.Check(flags); err != nil {
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
	run := &local.Run{Invocations: o.Invocations, Idle: o.idle}
	if run.Event, err = cli.ReadEvent(ctx, o.Event, stdin); err != nil {
		return err
	}
	o.Function.Foresee(stderr)
	o.Files.Foresee(stderr)
	tmp, remove, err := cli.TempDir()
	if err != nil {
		return err
	}
	defer remove()
	progress := cli.NewProgress(stderr)
	defer progress.Clear()
	run.Step = progress.Show
	programs, err := build(o.Function.Function, ctx, tmp, progress.Show)
	if err != nil {
		return err
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := &cli.Output{W: stdout, Progress: progress, Cancel: cancel}
	rec := recording.NewRecorder(o.about(), printer.New(out, stdout, o.JSON))
	cfg := o.Environment(programs, o.Wanted())
	cfg.LogFormat = o.logFormat
	err = run.In(ctx, cfg, rec)
	return o.Files.Write(ctx, progress, err, (*recording.Recording).Interrupted, rec.Recording())
}

// about describes what is run.
func (o *options) about() recording.About {
	what := fmt.Sprintf("Running %s on this machine: %s, idle for %v after each.",
		o.Function.Function, recording.Times(o.Invocations), o.idle)
	return recording.About{
		Intro:         []string{what, recording.IdleOnAWS},
		Place:         "on this machine",
		ForTimeline:   o.Wanted() && !o.Variables.Has(cli.LogLevel),
		GoroutineOnly: o.GoroutineOnly,
	}
}
