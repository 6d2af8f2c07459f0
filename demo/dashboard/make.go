package dashboard

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	templates "example.com/postinvoke/infra/golden"
	"example.com/postinvoke/internal/cloudwatch"
)

// Load returns what a synthesised template deploys: that in the file, or without
// one that of npx cdk deploy, with or without metrics and alarms.
func Load(file string, metrics bool) (*cloudwatch.Deployment, error) {
	text := templates.Template
	switch {
	case file != "":
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	case metrics:
		text = templates.TemplateWithMetrics
	}
	d, err := cloudwatch.Deploy(text)
	switch {
	case err != nil:
		return nil, err
	case d.Dashboard == nil:
		return nil, fmt.Errorf("there is no dashboard in it")
	case len(d.Functions) == 0:
		return nil, fmt.Errorf("there is no function in it")
	}
	return d, nil
}

// Make runs the scenario and draws what the dashboard shows of it. progress gets
// how many environments have ended, of how many.
func (s Scenario) Make(
	ctx context.Context, d *cloudwatch.Deployment, p Programs, progress func(done, of int),
) (*Drawing, error) {
	now := time.Now().Truncate(time.Minute)
	environments := 0
	lines, err := s.Run(ctx, d.Functions, p, now, func(done, of int) {
		environments = of
		progress(done, of)
	})
	if err != nil {
		return nil, err
	}
	view, err := d.View(lines, now.Add(-shown), now)
	if err != nil {
		return nil, err
	}
	caption, err := captionOf(d, view, environments)
	if err != nil {
		return nil, err
	}
	return Draw(d, view, caption)
}

// captionOf describes what the drawing is, and what it rests on.
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
			"%d execution environments that ran on this machine, each for a second or so, spread over three hours. "+
			"Nothing of it was seen on AWS.", environments),
		fmt.Sprintf("Loading it reads the log %.1f times over (%d kB of it), and %.1f times where the log groups "+
			"have no "+
			"field index.", scans, v.Bytes()/1000, without),
		"What AWS's documents leave open is taken to be so: " + strings.Join(cloudwatch.Assumptions, " "),
	}, nil
}
