package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/dashboard"
	templates "example.com/postinvoke/infra/golden"
	"example.com/postinvoke/internal/cloudwatch"
)

const drawingUsage = `Usage: go run ./demo dashboard [flags]

Draws the CloudWatch dashboard without an AWS account: it runs the example and a function
with trouble on this machine, and evaluates the dashboard that is deployed over their log.

  -o FILE              the page to write (default dashboard.html)
  -png FILE            write a picture of it too; needs Chromium or Chrome
  -dark                the picture in dark colours
  -metrics             as deployed with -c metrics=true: with alarms
  -template FILE       a synthesised template of your own, such as cdk.out/Mine.template.json
                       (default that of npx cdk deploy, which comes with the source)
  -scenario NAME       trouble, healthy, crashes or nothing (default trouble)
  -h                   print this

It takes about half a minute: one of the faults is a timeout.
`

const troublePackage = "example.com/postinvoke/demo/trouble"

// drawingOptions are what the flags of dashboard say.
type drawingOptions struct {
	page, picture, template, scheme string
	metrics                         bool
	scenario                        dashboard.Scenario
}

func parseDrawingOptions(args []string, stdout io.Writer) (*drawingOptions, error) {
	o := &drawingOptions{scheme: "light", scenario: dashboard.Trouble}
	fs := flag.NewFlagSet("dashboard", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.page, "o", "dashboard.html", "")
	fs.StringVar(&o.picture, "png", "", "")
	fs.StringVar(&o.template, "template", "", "")
	fs.BoolVar(&o.metrics, "metrics", false, "")
	fs.BoolFunc("dark", "", func(string) error { o.scheme = "dark"; return nil })
	fs.Func("scenario", "", func(s string) error {
		o.scenario = dashboard.Scenario(s)
		if !slices.Contains(dashboard.Scenarios, o.scenario) {
			return errors.New("neither trouble, healthy, crashes nor nothing")
		}
		return nil
	})
	switch err := fs.Parse(args); {
	case err == flag.ErrHelp:
		if _, err := io.WriteString(stdout, drawingUsage); err != nil {
			return nil, err
		}
		return nil, flag.ErrHelp
	case err != nil:
		return nil, usagef("%v; dashboard -h lists the flags", err)
	case fs.NArg() > 0:
		return nil, usagef("unexpected argument %q; dashboard -h lists the flags", fs.Arg(0))
	case o.metrics && o.template != "":
		return nil, usagef("-metrics and -template cannot be combined: a template has metrics or has none")
	case o.page == "":
		return nil, usagef("-o: a file is needed")
	case sameFile(o.page, o.picture):
		return nil, usagef("-o and -png name the same file, %s", o.page)
	}
	return o, cmp.Or(checkFile("-o", o.page), checkFile("-png", o.picture))
}

// deployment is what the template deploys.
func (o *drawingOptions) deployment() (*cloudwatch.Deployment, error) {
	text := templates.Template
	switch {
	case o.template != "":
		var err error
		if text, err = os.ReadFile(o.template); err != nil {
			return nil, usagef("-template %s: %v", o.template, reason(err))
		}
	case o.metrics:
		text = templates.TemplateWithMetrics
	}
	d, err := cloudwatch.Deploy(text)
	switch {
	case err != nil:
		return nil, err
	case d.Dashboard == nil:
		return nil, usagef("-template %s: there is no dashboard in it", o.template)
	case len(d.Functions) == 0:
		return nil, usagef("-template %s: there is no function in it", o.template)
	}
	return d, nil
}

// drawDashboard is the command dashboard.
func drawDashboard(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseDrawingOptions(args, stdout)
	if err != nil {
		return err
	}
	if err := checkOS(runtime.GOOS); err != nil {
		return err
	}
	d, err := o.deployment()
	if err != nil {
		return err
	}
	if o.picture != "" {
		if _, err := browser.Find(); err != nil {
			return fmt.Errorf("no picture %s: %w", o.picture, err)
		}
	}
	progress := newProgress(stderr)
	defer progress.clear()
	tmp, err := os.MkdirTemp("", "postinvoke-demo-")
	if err != nil {
		return fmt.Errorf("a temporary folder is needed (TMPDIR can name another place): %w", err)
	}
	defer os.RemoveAll(tmp)
	programs, err := buildPrograms(ctx, tmp, progress)
	if err != nil {
		return err
	}

	now := time.Now().Truncate(time.Minute)
	environments := 0
	lines, err := o.scenario.Run(ctx, d.Functions, programs, now, func(done, of int) {
		environments = of
		progress.show(fmt.Sprintf("waiting for %d of %d execution environments", of-done, of))
	})
	if err != nil {
		return err
	}
	view, err := d.View(lines, now.Add(-3*time.Hour), now)
	if err != nil {
		return err
	}
	caption, err := captionOf(d, view, environments)
	if err != nil {
		return err
	}
	drawing, err := dashboard.Draw(d, view, caption)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := drawing.Write(&page); err != nil {
		return err
	}
	if err := write(progress, o.page, page.Bytes()); err != nil {
		return err
	}
	if o.picture != "" {
		progress.show("making the picture")
		png, err := drawing.Picture(ctx, o.scheme)
		if err != nil {
			return err
		}
		if err := write(progress, o.picture, png); err != nil {
			return err
		}
	}
	progress.clear()
	_, err = fmt.Fprintln(stdout, "A drawing, not a screenshot: nothing of it was seen on AWS. The page lists what it assumes.")
	return err
}

// buildPrograms builds what runs, each into a folder of its own in tmp.
func buildPrograms(ctx context.Context, tmp string, progress *progress) (p dashboard.Programs, err error) {
	for _, function := range []struct {
		pkg  string
		path *string
	}{{examplePackage, &p.Example}, {troublePackage, &p.Trouble}} {
		progress.show("building " + function.pkg)
		dir, err := os.MkdirTemp(tmp, "function-")
		if err != nil {
			return p, err
		}
		bld := builder{tmp: dir, cache: cacheVariables(tmp)}
		if *function.path, err = bld.buildFunction(ctx, "", function.pkg); err != nil {
			return p, err
		}
	}
	bld := builder{tmp: tmp, cache: cacheVariables(tmp)}
	layer, err := bld.findExtension(ctx, "")
	if err != nil {
		return p, err
	}
	progress.show("building the extension")
	p.Extension, err = bld.buildExtension(ctx, layer)
	return p, err
}

// captionOf says what the drawing is, and what it rests on.
func captionOf(d *cloudwatch.Deployment, v *cloudwatch.View, environments int) ([]string, error) {
	scans, err := v.Scans(d.Dashboard)
	if err != nil {
		return nil, err
	}
	without, err := v.WithoutIndex().Scans(d.Dashboard)
	if err != nil {
		return nil, err
	}
	return []string{
		fmt.Sprintf("A drawing, not a screenshot: the deployed body of the dashboard, evaluated on the records of "+
			"%d execution environments that ran on this machine, each for a second or so, spread over three hours. Nothing of it was seen on AWS.", environments),
		fmt.Sprintf("Loading it reads the log %.1f times over (%d kB of it), and %.1f times where the log groups have no "+
			"field index.", scans, v.Bytes()/1000, without),
		"What AWS's documents leave open is taken to be so: " + strings.Join(cloudwatch.Assumptions, " "),
	}, nil
}
