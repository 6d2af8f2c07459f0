// Command aws runs the functions of a stack that npx cdk deploy made, on AWS,
// shows the log of each as command demo shows one of this machine, waits until
// AWS has shut the environments down, and checks what this project claims about
// Lambda.
//
//	go run ./demo/aws -stack PostInvokeDemo -o report.html
//
// docs/aws.md has what it needs and what the checks mean. The exit status is
// that of command demo; a check that failed makes it 1. It is a separate
// command because the AWS SDK takes longer to download and compile than all the rest.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/demo/cli"
	"example.com/postinvoke/demo/printer"
	"example.com/postinvoke/demo/recording"
)

func main() { cli.Main(run) }

// pace is how often runs look at AWS, and how long; tests do not pause.
var pace = awsrun.DefaultPace

// options are what the flags say.
type options struct {
	cli.Shared
	stack, region, profile string
	noWait                 bool
}

const usageBefore = `Usage: aws -stack NAME [flags]   (with Go: go run ./demo/aws -stack NAME [flags])

Runs the functions of a deployed stack on AWS, shows their logs, and checks what this project
claims about Lambda. Region and credentials are found as the AWS CLI finds them.
`

const usageAfter = `Ctrl-C ends it at any time: what there is by then is still shown, checked and written.

Exit status: 0 when the run has ended and no check failed; 1 if one did, or something prevented
the run; 2 for wrong flags; 130 after Ctrl-C. go run itself makes 1 of all that is not 0.
`

func parseOptions(args []string, stdout io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	o.Define(flags)
	flags.StringVar(&o.stack, "stack", "", "the `NAME` of the stack; npx cdk deploy makes PostInvokeDemo")
	flags.StringVar(&o.region, "region", "", "its AWS `REGION`, as for the AWS CLI (default: what that would use)")
	flags.StringVar(&o.profile, "profile", "", "the `PROFILE` of the AWS CLI (default: what that would use)")
	flags.BoolVar(&o.noWait, "no-wait", false, "do not wait for the shutdown, some minutes after the last invocation")
	if err := cli.Parse(flags, args, stdout, usageBefore, usageAfter); err != nil {
		return nil, err
	}
	if o.stack == "" {
		return nil, cli.Usagef("-stack: the name of a stack is needed, such as PostInvokeDemo")
	}
	if err := awsrun.CheckStack(o.stack); err != nil {
		return nil, cli.Usagef("-stack: %v", err)
	}
	return o, o.Check()
}

// run is the program.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stdout)
	if err != nil {
		return err
	}
	event, err := cli.ReadEvent(ctx, o.Event, stdin)
	if err != nil {
		return err
	}
	step := cli.NewProgress(stderr)
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := &cli.Output{W: stdout, Cancel: cancel}

	var recorders []*recording.Recorder
	checks, err := awsrun.Run(running, awsrun.Config{
		Stack:       o.stack,
		Region:      o.region,
		Profile:     o.profile,
		Event:       event,
		Invocations: o.Invocations,
		NoWait:      o.noWait,
		Pace:        pace,
		Progress:    func(p awsrun.Progress) { step(p.Text(time.Minute)) },
		NewRecorder: func(about recording.About) *recording.Recorder {
			if len(recorders) > 0 && !o.JSON {
				io.WriteString(out, "\n")
			}
			r := recording.NewRecorder(about, printer.New(out, stdout, o.JSON))
			recorders = append(recorders, r)
			return r
		},
	})
	switch {
	case o.JSON:
		printJSON(out, checks)
	case len(checks) > 0:
		printText(out, printer.Width(stdout), checks)
	}
	if err == nil {
		err = context.Cause(running) // the checks may not have been written
	}
	var recordings []*recording.Recording
	for _, rec := range recorders {
		r := rec.Recording()
		if ctx.Err() != nil { // the log is behind, and does not say when
			r.Intro = append(r.Intro, "Ended by a signal: this is what was known by then.")
		}
		recordings = append(recordings, r)
	}
	step("making the report")
	if err := errors.Join(err, o.Write(ctx, stderr, recordings...)); err != nil {
		return err
	}
	return failures(checks)
}

// failures is the error of a self-check that something failed.
func failures(checks []awsrun.Check) error {
	failed := 0
	for _, c := range checks {
		if c.Result == awsrun.Failed {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d checks failed; above is what that means", failed, len(checks))
}

func printJSON(out io.Writer, checks []awsrun.Check) {
	j := printer.NewJSON(out)
	for _, c := range checks {
		j.Write(struct {
			Type     string        `json:"type"`
			Function string        `json:"function"`
			Claim    string        `json:"claim"`
			Verdict  awsrun.Result `json:"verdict"`
			Figures  string        `json:"figures"`
			Meaning  string        `json:"meaning,omitempty"`
		}{"check", c.Function, c.Expected, c.Result, c.Figures, c.Meaning})
	}
}

// resultWidth is that of the longest result, and what separates it.
const resultWidth = len(awsrun.NotSeen) + 2

// printText prints the self-check, one function after the other.
func printText(out io.Writer, width int, checks []awsrun.Check) {
	var b bytes.Buffer
	room := width
	if room > 0 {
		room = max(20, width-resultWidth)
	}
	function := ""
	for _, c := range checks {
		if c.Function != function {
			function = c.Function
			fmt.Fprintf(&b, "\nSelf-check of %s: what this project claims about Lambda\n", function)
		}
		text := c.Expected + "\n" + c.Figures
		if c.Meaning != "" {
			text += "\nThat means: " + c.Meaning
		}
		left := fmt.Sprintf("%-*s", resultWidth, c.Result)
		for _, line := range printer.Wrap(text, room) {
			b.WriteString(left + line + "\n")
			left = strings.Repeat(" ", resultWidth)
		}
	}
	out.Write(b.Bytes())
}
