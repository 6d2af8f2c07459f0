package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"

	"example.com/postinvoke/demo/cli"
	"example.com/postinvoke/demo/dashboard"
	"example.com/postinvoke/demo/local"
)

const dashboardUsage = `Usage: demo dashboard [flags]

Draws the CloudWatch dashboard without an AWS account: it runs the example and a function
with trouble on this machine, and evaluates the dashboard that is deployed over their log.
`

// drawDashboard is the command for the dashboard.
func drawDashboard(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var files cli.Files
	flags := flag.NewFlagSet("dashboard", flag.ContinueOnError)
	flags.StringVar(&files.Report, "o", "dashboard.html", "the page to write, a `FILE`")
	flags.StringVar(&files.Picture, "png", "", "write a picture of it to `FILE`, too; needs Chromium or Chrome")
	template := flags.String("template", "", "your own synthesised template, a `FILE` such as "+
		"cdk.out/Mine.template.json;\ndefault is that of npx cdk deploy, which comes with the source")
	metrics := flags.Bool("metrics", false, "as deployed with -c metrics=true: with alarms")
	dark := flags.Bool("dark", false, "the picture in dark colours")
	scenario := flags.String("scenario", "trouble", "`NAME` is trouble, healthy, crashes or nothing")
	const after = "It takes about half a minute: one of the faults is a timeout.\n"
	if err := cli.Parse(flags, args, stdout, dashboardUsage, after); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{"trouble", "healthy", "crashes", "nothing"}, *scenario):
		return cli.Usagef("-scenario %s: it is trouble, healthy, crashes or nothing", *scenario)
	case *metrics && *template != "":
		return cli.Usagef("-metrics and -template cannot be combined: a template has metrics or has none")
	}
	if !files.Wanted() {
		return cli.Usagef("-o: the name of a file is needed")
	}
	if err := files.Check(); err != nil {
		return err
	}
	d, err := dashboard.Load(*template, *metrics)
	if err != nil {
		return cli.Usagef("-template: %v", err)
	}
	tmp, err := cli.TempFolder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	step := cli.NewProgress(stderr)
	programs, err := build(&local.Function{}, ctx, tmp, step)
	if err != nil {
		return err
	}
	failing, err := local.Compile(ctx, "", local.Failing, tmp)
	if err != nil {
		return err
	}
	step("running functions, which takes half a minute")
	drawing, err := dashboard.Scenario(*scenario).Make(ctx, d, dashboard.Programs{
		Example: programs.Function, Failing: failing, Extension: programs.Extensions[0],
	})
	if err != nil {
		return err
	}
	picture := func() ([]byte, error) { return drawing.Picture(ctx, *dark) }
	if err := files.WriteAll(stderr, drawing.Write, picture); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, "A drawing that was not compared with AWS. The page lists what it assumes.")
	return err
}
