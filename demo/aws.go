package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/demo/recording"
)

// pace is how patient runs on AWS are; tests are less so.
var pace = awsrun.DefaultPace

// runOnAWS runs the functions of a deployed stack.
func (o *options) runOnAWS(ctx context.Context, event []byte, stdout, stderr io.Writer) error {
	progress := newProgress(stderr)
	defer progress.clear()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := &output{stdout, progress, cancel}

	var recorders []*recording.Recorder
	checks, err := awsrun.Run(ctx, awsrun.Config{
		Stack:       o.stack,
		Region:      o.region,
		Profile:     o.profile,
		Event:       event,
		Invocations: o.invocations,
		NoWait:      o.noWait,
		Pace:        pace,
		Progress:    o.awsProgress(progress),
		NewRecorder: func(about recording.About) *recording.Recorder {
			if len(recorders) > 0 && !o.json {
				io.WriteString(out, "\n")
			}
			r := recording.NewRecorder(about, o.renderer(out, stdout))
			recorders = append(recorders, r)
			return r
		},
	})
	if len(checks) > 0 {
		o.writeChecks(out, widthOf(stdout), checks)
	}
	if err == nil {
		err = context.Cause(ctx) // nobody may have got the checks
	}
	var recordings []*recording.Recording
	for _, r := range recorders {
		recordings = append(recordings, r.Recording())
	}
	if err := o.reportOn(ctx, progress, err, recordings...); err != nil {
		return err
	}
	return failures(checks)
}

// failures is the error of a self-check that something failed.
func failures(checks []awsrun.Check) error {
	failed := 0
	for _, c := range checks {
		if c.Verdict == awsrun.Failed {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d checks failed; above is what that means", failed, len(checks))
}

// awsProgress shows a bar on a terminal. Elsewhere a sentence changes once a
// minute.
func (o *options) awsProgress(progress *progress) func(awsrun.Progress) {
	last := ""
	return func(p awsrun.Progress) {
		text := p.Bar()
		if !progress.terminal {
			if text = p.Sentence(); text == last {
				return
			}
			last = text
		}
		if text == "" {
			progress.clear()
			return
		}
		progress.show(text)
	}
}

type checkRecord struct {
	Type     string         `json:"type"`
	Function string         `json:"function"`
	Claim    string         `json:"claim"`
	Verdict  awsrun.Verdict `json:"verdict"`
	Figures  string         `json:"figures"`
	Meaning  string         `json:"meaning,omitempty"`
}

// verdictWidth is that of the longest verdict, and what separates it.
const verdictWidth = len(awsrun.NotSeen) + 2

// writeChecks writes the self-check, one function after the other.
func (o *options) writeChecks(out io.Writer, width int, checks []awsrun.Check) {
	if o.json {
		l := &jsonLog{w: out}
		for _, c := range checks {
			l.write(checkRecord{"check", c.Function, c.Claim, c.Verdict, c.Figures, c.Meaning})
		}
		return
	}
	var b bytes.Buffer
	indent := strings.Repeat(" ", verdictWidth)
	room := width
	if room > 0 {
		room = max(20, width-verdictWidth)
	}
	function := ""
	for _, c := range checks {
		if c.Function != function {
			function = c.Function
			fmt.Fprintf(&b, "\nSelf-check of %s: what this project claims about Lambda\n", function)
		}
		first := fmt.Sprintf("%-*s", verdictWidth, c.Verdict)
		texts := []string{c.Claim, c.Figures}
		if c.Meaning != "" {
			texts = append(texts, "That means: "+c.Meaning)
		}
		for _, text := range texts {
			for _, line := range wrap(text, room) {
				b.WriteString(first + line + "\n")
				first = indent
			}
		}
	}
	out.Write(b.Bytes())
}
