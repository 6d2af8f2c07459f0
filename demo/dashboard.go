package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"slices"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/cli"
	"example.com/postinvoke/demo/dashboard"
	"example.com/postinvoke/demo/local"
	"example.com/postinvoke/internal/cloudwatch"
)

var dashboardUsage = cli.Usage{
	Package: "./demo",
	Verb:    "dashboard",
	Before: `Usage: PROGRAM dashboard [flags]

Draws the CloudWatch dashboard without an AWS account: it runs the example and a function
with trouble on this machine, and evaluates the dashboard that is deployed over their log.
`,
	After: "It takes about half a minute: one of the faults is a timeout.\n",
}

// drawDashboard is the command for the dashboard.
func drawDashboard(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	scenario := dashboard.Trouble
	var files cli.Files
	flags := flag.NewFlagSet("dashboard", flag.ContinueOnError)
	flags.StringVar(&files.Report, "o", "dashboard.html", "the page to write, a `FILE`")
	flags.StringVar(&files.Picture, "png", "", "write a picture of it to `FILE`, too; needs Chromium or Chrome")
	template := flags.String("template", "", "your own synthesised template, a `FILE` such as "+
		"cdk.out/Mine.template.json;\ndefault is that of npx cdk deploy, which comes with the source")
	metrics := flags.Bool("metrics", false, "as deployed with -c metrics=true: with alarms")
	scheme := "light"
	flags.BoolFunc("dark", "the picture in dark colours", func(string) error { scheme = "dark"; return nil })
	flags.Func("scenario", "`NAME` is trouble, healthy, crashes or nothing (default trouble)", func(s string) error {
		if scenario = dashboard.Scenario(s); !slices.Contains(dashboard.Scenarios, scenario) {
			return errors.New("neither trouble, healthy, crashes nor nothing")
		}
		return nil
	})
	if err := cli.Parse(flags, args, stdout, dashboardUsage); err != nil {
		return err
	}
	switch {
	case *metrics && *template != "":
		return cli.Usagef("-metrics and -template cannot be combined: a template has metrics or has none")
	case files.Report == "":
		return cli.Usagef("-o: a file is needed")
	}
	if err := cmp.Or(files.Check(), local.CheckSystem(runtime.GOOS)); err != nil {
		return err
	}
	d, err := dashboard.Load(*template, *metrics)
	if err != nil {
		return cli.Usagef("-template %s: %v", *template, cli.Reason(err))
	}
	if files.Picture != "" {
		if _, err := browser.Find(); err != nil {
			return fmt.Errorf("no picture %s: %w", files.Picture, err)
		}
	}
	return writeDashboard(ctx, d, scenario, files, scheme, stdout, stderr)
}

func writeDashboard(
	ctx context.Context, d *cloudwatch.Deployment, scenario dashboard.Scenario,
	files cli.Files, scheme string, stdout, stderr io.Writer,
) error {
	progress := cli.NewProgress(stderr)
	defer progress.Clear()
	tmp, remove, err := cli.TempDir()
	if err != nil {
		return err
	}
	defer remove()
	programs, err := buildPrograms(ctx, local.Builder{Dir: tmp, Step: progress.Show})
	if err != nil {
		return err
	}
	drawing, err := scenario.Make(ctx, d, programs, func(done, of int) {
		progress.Show(fmt.Sprintf("waiting for %d of %d execution environments", of-done, of))
	})
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := drawing.Write(&page); err != nil {
		return err
	}
	if err := cli.WriteFile(progress, files.Report, page.Bytes()); err != nil {
		return err
	}
	if files.Picture != "" {
		progress.Show("making the picture")
		png, err := drawing.Picture(ctx, scheme)
		if err != nil {
			return err
		}
		if err := cli.WriteFile(progress, files.Picture, png); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(stdout, "A drawing that was not compared with AWS. The page lists what it assumes.")
	return err
}

// buildPrograms builds what the scenarios run.
func buildPrograms(ctx context.Context, b local.Builder) (p dashboard.Programs, err error) {
	if p.Example, err = b.Package(ctx, local.Example, "the example function"); err != nil {
		return p, err
	}
	if p.Failing, err = b.Package(ctx, local.Failing, "a function with trouble"); err != nil {
		return p, err
	}
	p.Extension, err = b.Extension(ctx)
	return p, err
}
