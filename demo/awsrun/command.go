package awsrun

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"example.com/postinvoke/demo/cli"
	"example.com/postinvoke/demo/printer"
	"example.com/postinvoke/demo/recording"
)

const usageBefore = `Usage: aws -stack NAME [flags]   (with Go: go run ./demo/aws -stack NAME [flags])

Runs the functions of a deployed stack on AWS, shows their logs, and checks what this project
claims about Lambda. Region and credentials are found as the AWS CLI finds them.
`

const usageAfter = `Ctrl-C ends it at any time: what there is by then is still shown, checked and written.

Exit status: 0 when the run has ended and no check failed; 1 if one did, or something prevented
the run; 2 for wrong flags; 130 after Ctrl-C. go run itself makes 1 of all that is not 0.
`

// Command is the program of demo/aws.
func Command(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	var o cli.Shared
	cfg := Config{Pace: DefaultPace}
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	o.Define(flags)
	flags.StringVar(&cfg.Stack, "stack", "", "the `NAME` of the stack; npx cdk deploy makes PostInvokeDemo")
	flags.StringVar(&cfg.Region, "region", "", "its AWS `REGION`, as for the AWS CLI (default: what that would use)")
	flags.StringVar(&cfg.Profile, "profile", "", "the `PROFILE` of the AWS CLI (default: what that would use)")
	flags.BoolVar(&cfg.NoWait, "no-wait", false, "do not wait for the shutdown, some minutes after the last invocation")
	if err := cli.Parse(flags, args, stdout, usageBefore, usageAfter); err != nil {
		return err
	}
	if cfg.Stack == "" {
		return cli.Usagef("-stack: the name of a stack is needed, such as PostInvokeDemo")
	}
	if err := o.Check(); err != nil {
		return err
	}
	var err error
	if cfg.Event, err = cli.ReadEvent(ctx, o.Event, stdin); err != nil {
		return err
	}
	cfg.Invocations = o.Invocations
	cfg.Progress = cli.NewProgress(stderr)
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := &cli.Output{W: stdout, Cancel: cancel}

	var recorders []*recording.Recorder
	cfg.NewRecorder = func(about recording.About) *recording.Recorder {
		if len(recorders) > 0 && !o.JSON {
			io.WriteString(out, "\n")
		}
		r := recording.NewRecorder(about, printer.New(out, stdout, o.JSON))
		recorders = append(recorders, r)
		return r
	}
	checks, err := Run(running, cfg)
	if o.JSON {
		printJSON(out, checks)
	} else {
		printText(out, printer.Width(stdout), checks)
	}
	err = cmp.Or(err, context.Cause(running)) // the checks may not have been written
	var recordings []*recording.Recording
	for _, rec := range recorders {
		r := rec.Recording()
		if ctx.Err() != nil { // the log is behind, and does not say when
			r.Intro = append(r.Intro, "Ended by a signal: this is what was known by then.")
		}
		recordings = append(recordings, r)
	}
	cfg.Progress("making the report")
	if err := errors.Join(err, o.Write(ctx, stderr, recordings...)); err != nil {
		return err
	}
	return failures(checks)
}

// failures is the error of a self-check that something failed.
func failures(checks []Check) error {
	failed := 0
	for _, c := range checks {
		if c.Result == Failed {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d checks failed; above is what that means", failed, len(checks))
}

func printJSON(out io.Writer, checks []Check) {
	j := printer.NewJSON(out)
	for _, c := range checks {
		j.Write(struct {
			Type string `json:"type"`
			Check
		}{"check", c})
	}
}

// resultWidth is that of the longest result, and what separates it.
const resultWidth = len(NotSeen) + 2

// printText prints the self-check, one function after the other.
func printText(out io.Writer, width int, checks []Check) {
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
