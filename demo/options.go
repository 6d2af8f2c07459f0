package main

import (
	"cmp"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"time"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/lambdaenv"
)

// Options are what the flags say.
type options struct {
	function     string // folder or executable; empty for the example
	plain        bool
	withoutLayer bool
	event        string
	variables    []string // NAME=VALUE, for the function
	extensions   []string // somebody else's, as files or ZIP archives
	invocations  int
	idle         time.Duration
	timeout      time.Duration
	logFormat    lambdaenv.LogFormat
	json         bool
	report       string // file for the report; empty for none
	picture      string // file for the picture; empty for none

	stack, region, profile string // on AWS, instead of this machine
	noWait                 bool
}

const usage = `Usage: go run ./demo [flags]
       go run ./demo serve [flags]       a page to play with
       go run ./demo dashboard [flags]   the CloudWatch dashboard, drawn
       (serve -h and dashboard -h list their flags)

Runs a Lambda function with hooks on this machine and shows its log.

  -function DIR|BIN    run your own function: the folder of its main package, or an executable
  -event FILE|JSON     its event; "-" reads it from standard input (default {"hello":"world"})
  -invocations N       how often to invoke it (default 2: a cold start and a warm one)
  -idle DURATION       time it is frozen after each invocation (default 1s; AWS: minutes)
  -timeout DURATION    the function's timeout, hooks included (default 30s; whole seconds, 15m
                       at the most); hooks have to be done 500ms before it ends
  -env NAME=VALUE      a variable for the function, which sees only Lambda's and these; repeatable.
                       It runs in a folder of its own, as on Lambda: give absolute paths
  -extension FILE|ZIP  run somebody else's extension, or the layer that it comes in, beside the
                       function; repeatable. The other files of a layer are not in /opt here
  -without-layer       leave out the extension: then nothing says what is lost when a process dies
  -plain               run a function without the library, which merely starts a goroutine
  -log-format FORMAT   the function's log format, text or json (default text)
  -json                print records for machines, one JSON object per line
  -o FILE              write a report: one HTML page with a timeline, the log and the figures
  -png FILE            write a picture of the report; needs Chromium or Chrome
  -stack NAME          run the functions of a deployed stack on AWS, and check what we claim
  -no-wait             with -stack, do not wait for the shutdown, some minutes
  -region, -profile    with -stack, as for the AWS CLI (default: what that would use)
  -h                   print this

Examples:
  go run ./demo                                      response, hooks, frozen, thawed, shut down
  go run ./demo -o report.html                       the same as a page with a timeline
  go run ./demo -plain                               what happens without hooks
  go run ./demo -event '{"sleepMs":50}' -idle 6m     shorter hooks, and the patience of AWS
  go run ./demo -timeout 2s                          hooks that take longer than the timeout
  go run ./demo -event '{"crash":true}'              a hook ends its process: what is lost
  go run ./demo -function ../mine -event event.json  your function, your event
  go run ./demo -stack PostInvokeDemo -o report.html the same on AWS

Ctrl-C kills all at once, without a shutdown. The report then has what there was by then.

Exit status: 0 when the run is over, even if invocations failed, as log and summary say; 1 if
something prevented it, or a check on AWS failed; 2 for wrong flags; 130 after Ctrl-C. go run
itself makes 1 of all that is not 0.
`

// parseOptions reads the flags. For -h it prints the usage and returns
// flag.ErrHelp.
func parseOptions(args []string, stdout io.Writer) (*options, error) {
	o := &options{idle: time.Second, timeout: 30 * time.Second, logFormat: lambdaenv.Text}
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.function, "function", "", "")
	fs.BoolVar(&o.plain, "plain", false, "")
	fs.BoolVar(&o.withoutLayer, "without-layer", false, "")
	fs.StringVar(&o.event, "event", `{"hello":"world"}`, "")
	fs.IntVar(&o.invocations, "invocations", 2, "")
	fs.Func("idle", "", duration(&o.idle))
	fs.Func("timeout", "", duration(&o.timeout))
	fs.Func("env", "", variable(&o.variables))
	fs.Func("extension", "", func(s string) error {
		if _, err := os.Stat(s); err != nil {
			return reason(err)
		}
		o.extensions = append(o.extensions, s)
		return nil
	})
	fs.BoolVar(&o.json, "json", false, "")
	fs.StringVar(&o.report, "o", "", "")
	fs.StringVar(&o.picture, "png", "", "")
	fs.StringVar(&o.stack, "stack", "", "")
	fs.StringVar(&o.region, "region", "", "")
	fs.StringVar(&o.profile, "profile", "", "")
	fs.BoolVar(&o.noWait, "no-wait", false, "")
	fs.Func("log-format", "", func(s string) error {
		switch strings.ToLower(s) {
		case "text":
			o.logFormat = lambdaenv.Text
		case "json":
			o.logFormat = lambdaenv.JSON
		default:
			return errors.New("neither text nor json")
		}
		return nil
	})
	switch err := fs.Parse(args); {
	case err == flag.ErrHelp:
		if _, err := io.WriteString(stdout, usage); err != nil {
			return nil, err
		}
		return nil, flag.ErrHelp
	case err != nil:
		return nil, usagef("%v; -h lists the flags", err)
	}

	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case fs.NArg() > 0:
		return nil, usagef("unexpected argument %q; -h lists the flags", fs.Arg(0))
	case o.invocations < 1:
		return nil, usagef("-invocations %d: at least one is needed", o.invocations)
	case o.idle < 0:
		return nil, usagef("-idle %v: less than nothing", o.idle)
	case o.plain && o.function != "":
		return nil, usagef("-plain and -function exclude each other")
	case sameFile(o.report, o.picture):
		return nil, usagef("-o and -png name the same file, %s", o.report)
	case given["function"] && o.function == "":
		return nil, usagef("-function: neither a folder nor an executable was given")
	}
	if err := checkTimeout(o.timeout); err != nil {
		return nil, err
	}
	if err := checkPlace(given, o.stack); err != nil {
		return nil, err
	}
	if err := cmp.Or(checkFile("-o", o.report), checkFile("-png", o.picture)); err != nil {
		return nil, err
	}
	// Without the library the extension has nothing to read.
	o.withoutLayer = o.withoutLayer || o.plain
	return o, nil
}

// checkPlace refuses flags that mean nothing where the run takes place.
func checkPlace(given map[string]bool, stack string) error {
	if !given["stack"] {
		for _, flag := range []string{"no-wait", "region", "profile"} {
			if given[flag] {
				return usagef("-%s is for runs on AWS: name a stack with -stack", flag)
			}
		}
		return nil
	}
	if stack == "" {
		return usagef("-stack: the name of a stack is needed, such as PostInvokeDemo")
	}
	if err := awsrun.CheckStack(stack); err != nil {
		return usagef("-stack: %v", err)
	}
	for _, flag := range []string{"function", "plain", "without-layer", "extension", "idle", "timeout", "env", "log-format"} {
		if given[flag] {
			return usagef("-%s is for runs on this machine: with -stack the functions are as they were deployed", flag)
		}
	}
	return nil
}

// longest is the most that Lambda lets an invocation take.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const longest = 15 * time.Minute

// checkTimeout refuses what Lambda would refuse.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
func checkTimeout(d time.Duration) error {
	switch {
	case d < time.Second, d%time.Second != 0:
		return usagef("-timeout %v: Lambda's timeouts are whole seconds, 1s at the least", d)
	case d > longest:
		return usagef("-timeout %v: Lambda allows 15m at the most", d)
	}
	return nil
}

// duration is for flags. The error of the flag package does not tell what is
// wrong with "1".
func duration(d *time.Duration) func(string) error {
	return func(s string) (err error) {
		if *d, err = time.ParseDuration(s); err != nil {
			return errors.New("a duration is needed, such as 500ms, 2s or 6m")
		}
		return nil
	}
}
