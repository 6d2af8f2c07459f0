package postinvokecdk

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"
)

// gridWidth is the number of columns of a CloudWatch dashboard.
const gridWidth = 24

// explanation is the text at the top. Each record that the queries below it
// read is shown whole in docs/records.md.
const explanation = `**How to read this, from the top.** *Duration* is the response **and** the hooks after it: Lambda bills it, plus the cold start. *PostRuntimeExtensionsDuration* is the part after the response, in which the environment was kept awake for hooks. Callers waited for the *response* only, which the next charts show beside the hooks. Below: the last invocations with hooks, the ends of execution environments (each up to two seconds after minutes of idling, or at a deployment), hooks that failed, and the log, oldest first. A log group is named after its function.

**What costs.** Hook time is billed like any other duration. Every load and every refresh of this page runs the log queries again, paid by the GB of log they read in the chosen time: prefer a short time and no automatic refresh. A dashboard costs a fixed sum a month beyond the free ones.`

// rows are the widgets from top to bottom, in the order in which a person asks.
func rows(functions []shown) [][]awscloudwatch.IWidget {
	var groups []*string
	for _, fn := range functions {
		// A function and its aliases have the same one.
		if !slices.ContainsFunc(groups, func(g *string) bool { return *g == *fn.logGroup }) {
			groups = append(groups, fn.logGroup)
		}
	}
	all := func(title string, view awscloudwatch.LogQueryVisualizationType, width, height float64, query []string) awscloudwatch.IWidget {
		return logWidget(title, view, width, height, groups, query)
	}
	table, line := awscloudwatch.LogQueryVisualizationType_TABLE, awscloudwatch.LogQueryVisualizationType_LINE

	rows := [][]awscloudwatch.IWidget{{
		awscloudwatch.NewTextWidget(&awscloudwatch.TextWidgetProps{
			Markdown: jsii.String(explanation), Width: jsii.Number(gridWidth), Height: jsii.Number(4),
		}),
	}}
	rows = append(rows, charts(functions)...)
	return append(rows,
		[]awscloudwatch.IWidget{
			all("The last invocations with hooks", table, gridWidth, 5, invocationsQuery()),
		},
		[]awscloudwatch.IWidget{
			all("Shutdowns (times in ms)", table, 17, 5, shutdownsQuery()),
			all("Shutdown hooks and their budget, ms", line, 7, 5, shutdownHooksQuery()),
		},
		[]awscloudwatch.IWidget{
			all("Hooks that failed or were abandoned", table, 10, 6, problemsQuery()),
			all("The log, oldest first", table, 14, 6, logQuery()),
		})
}

// charts are, for each function, one chart of Lambda's metrics and one of the
// hooks, those of all functions side by side: in one row if they fit.
func charts(functions []shown) [][]awscloudwatch.IWidget {
	var durations, hooks []awscloudwatch.IWidget
	width := max(float64(gridWidth/2/len(functions)), 6)
	for _, fn := range functions {
		durations = append(durations, durationWidget(fn, width))
		hooks = append(hooks, logWidget("Response and hooks, ms: "+fn.label, awscloudwatch.LogQueryVisualizationType_LINE,
			width, 5, []*string{fn.logGroup}, postInvokeQuery()))
	}
	if width*float64(2*len(functions)) <= gridWidth {
		return [][]awscloudwatch.IWidget{append(durations, hooks...)}
	}
	return [][]awscloudwatch.IWidget{durations, hooks}
}

func durationWidget(fn shown, width float64) awscloudwatch.IWidget {
	period := awscdk.Duration_Minutes(jsii.Number(5))
	metric := func(name, statistic, label string) awscloudwatch.IMetric {
		return fn.Metric(&name, &awscloudwatch.MetricOptions{Statistic: &statistic, Label: &label, Period: period})
	}
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String("Billed, and after the response: " + fn.label),
		Width: &width, Height: jsii.Number(5), Period: period,
		Left: &[]awscloudwatch.IMetric{
			metric("Duration", "p50", "Duration p50"),
			metric("Duration", "p99", "Duration p99"),
			metric("PostRuntimeExtensionsDuration", "p50", "PostRuntimeExtensions p50"),
			metric("PostRuntimeExtensionsDuration", "p99", "PostRuntimeExtensions p99"),
		},
		LeftYAxis: &awscloudwatch.YAxisProps{Label: jsii.String("ms"), ShowUnits: jsii.Bool(false), Min: jsii.Number(0)},
	})
}

func logWidget(title string, view awscloudwatch.LogQueryVisualizationType, width, height float64, groups []*string, query []string) awscloudwatch.IWidget {
	return awscloudwatch.NewLogQueryWidget(&awscloudwatch.LogQueryWidgetProps{
		Title: &title, View: view, Width: &width, Height: &height,
		LogGroupNames: &groups, QueryLines: jsii.Strings(query...),
	})
}
