package postinvokecdk

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"
)

// gridWidth is the number of columns of a CloudWatch dashboard.
const gridWidth = 24

// fewFunctions have separate charts. More of them share charts.
const fewFunctions = 2

// Colours of CloudWatch's own palette.
const (
	blue   = "#1f77b4"
	orange = "#ff7f0e"
	green  = "#2ca02c"
	red    = "#d62728"
	purple = "#9467bd"
)

// explanation is the text at the top.
const explanation = `**Callers wait for the blue part; the orange part is what hooks add to the bill.** ` +
	`An empty table of what went wrong is good news. ` +
	`Tables read the log at each load and refresh, for money. Times are in ms.`

// widgets are all but the text and the alarms, in rows from top to bottom, in the
// order of the questions of a person on call.
func widgets(functions []dashboardFunction) [][]awscloudwatch.IWidget {
	groups := logGroups(functions)
	table := func(title string, height float64, query []string) []awscloudwatch.IWidget {
		return []awscloudwatch.IWidget{awscloudwatch.NewLogQueryWidget(&awscloudwatch.LogQueryWidgetProps{
			Title: &title, Width: jsii.Number(gridWidth), Height: &height, LogGroupNames: &groups,
			View: awscloudwatch.LogQueryVisualizationType_TABLE, QueryLines: jsii.Strings(query...),
		})}
	}
	charts := sharedCharts
	if len(functions) <= fewFunctions {
		charts = ownCharts
	}
	return [][]awscloudwatch.IWidget{
		numbers(functions),
		charts(functions),
		table("What went wrong with hooks, by kind, newest first", 5, problemsQuery(functions)),
		table("Failed invocations, by kind, newest first", 4, failedQuery(functions)),
		table(fmt.Sprintf("The last %d invocations, with and without hooks (init is that of a cold start)",
			mostShown), 7,
			invocationsQuery(functions)),
		table("Ends of environments "+
			"(lifetime, idle: averages; budget: the most that shutdown hooks took of theirs, %)", 5,
			endsQuery(functions)),
		table(fmt.Sprintf("The log, newest %d lines first", mostLogLines), 8, logQuery(functions)),
	}
}

// numbers are a widget for each function, about all of the time shown.
func numbers(functions []dashboardFunction) []awscloudwatch.IWidget {
	width := max(gridWidth/len(functions), 6)
	oneRow := width*len(functions) <= gridWidth
	height := 2.0
	if oneRow {
		height = 3
	}
	var row []awscloudwatch.IWidget
	for _, fn := range functions {
		metrics := []awscloudwatch.IMetric{
			fn.metric("Invocations", "Sum", "invocations", blue),
			fn.metric("Errors", "Sum", "errors", red),
			fn.metric("Throttles", "Sum", "throttled", ""),
			fn.metric("ConcurrentExecutions", "Maximum", "at once", ""),
			fn.share(),
		}
		if oneRow && fn.timeout > 0 {
			metrics = append(metrics, fn.longest(0, "longest, % of timeout", ""))
		}
		row = append(row, awscloudwatch.NewSingleValueWidget(&awscloudwatch.SingleValueWidgetProps{
			Title: &fn.label, Width: jsii.Number(float64(width)), Height: &height,
			Metrics: &metrics, SetPeriodToTimeRange: jsii.Bool(true),
		}))
	}
	return row
}

// ownCharts are two for each function: where the time goes, and what failed when.
func ownCharts(functions []dashboardFunction) []awscloudwatch.IWidget {
	width := float64(gridWidth / len(functions) / 2)
	var row []awscloudwatch.IWidget
	for _, fn := range functions {
		row = append(row, timeChart(fn, width), failureChart(fn, width))
	}
	return row
}

func timeChart(fn dashboardFunction, width float64) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String("Time of an average invocation: " + fn.label),
		Width: &width, Height: jsii.Number(5), Stacked: jsii.Bool(true),
		Left: &[]awscloudwatch.IMetric{
			fn.response(0, "response (callers wait)", blue),
			fn.hooks(0, "after it (hooks)", orange),
		},
		LeftYAxis: fromZero("ms"),
	})
}

func failureChart(fn dashboardFunction, width float64) awscloudwatch.IWidget {
	props := &awscloudwatch.GraphWidgetProps{
		Title: jsii.String("Invocations, errors: " + fn.label),
		Width: &width, Height: jsii.Number(5),
		Left: &[]awscloudwatch.IMetric{
			fn.metric("Invocations", "Sum", "invocations", blue),
			fn.metric("Errors", "Sum", "errors", red),
			fn.metric("Throttles", "Sum", "throttled", green),
		},
		LeftYAxis: fromZero(""),
	}
	if fn.timeout > 0 {
		props.Right = &[]awscloudwatch.IMetric{fn.longest(0, "longest, % of timeout", purple)}
		props.RightAnnotations, props.RightYAxis = timeoutLine(), fromZero("%")
	}
	return awscloudwatch.NewGraphWidget(props)
}

// sharedCharts have a line for each function.
func sharedCharts(functions []dashboardFunction) []awscloudwatch.IWidget {
	chart := func(title string, annotations *[]*awscloudwatch.HorizontalAnnotation,
		line func(fn dashboardFunction, number int) awscloudwatch.IMetric) awscloudwatch.IWidget {
		var metrics []awscloudwatch.IMetric
		for i, fn := range functions {
			if m := line(fn, i); m != nil {
				metrics = append(metrics, m)
			}
		}
		return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
			Title: &title, Width: jsii.Number(gridWidth / 4), Height: jsii.Number(5),
			Left: &metrics, LeftYAxis: fromZero(""), LeftAnnotations: annotations,
		})
	}
	return []awscloudwatch.IWidget{
		chart("Response, average ms (callers wait)", nil, func(fn dashboardFunction, i int) awscloudwatch.IMetric {
			return fn.response(i, fn.label, "")
		}),
		chart("After it, average ms (hooks)", nil, func(fn dashboardFunction, i int) awscloudwatch.IMetric {
			return fn.hooks(i, fn.label, "")
		}),
		chart("Errors and throttled", nil, func(fn dashboardFunction, i int) awscloudwatch.IMetric {
			return fn.failures(i)
		}),
		chart("Longest invocation, % of the timeout", timeoutLine(),
			func(fn dashboardFunction, i int) awscloudwatch.IMetric {
				if fn.timeout == 0 {
					return nil
				}
				return fn.longest(i, fn.label, "")
			}),
	}
}

// timeoutLine is where an invocation would time out.
func timeoutLine() *[]*awscloudwatch.HorizontalAnnotation {
	return &[]*awscloudwatch.HorizontalAnnotation{{
		Value: jsii.Number(100), Label: jsii.String("timeout"), Color: jsii.String(purple),
	}}
}

func fromZero(label string) *awscloudwatch.YAxisProps {
	axis := &awscloudwatch.YAxisProps{Min: jsii.Number(0), ShowUnits: jsii.Bool(false)}
	if label != "" {
		axis.Label = &label
	}
	return axis
}

// The lines of charts, and the numbers, are metrics that Lambda sends for free, and
// expressions of them.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html

// metric is a metric of the function. An empty label or color is CloudWatch's choice.
func (fn dashboardFunction) metric(name, statistic, label, color string) awscloudwatch.IMetric {
	options := &awscloudwatch.MetricOptions{Statistic: &statistic}
	if label != "" {
		options.Label = &label
	}
	if color != "" {
		options.Color = &color
	}
	return fn.Metric(&name, options)
}

// share is the part of the billed time that follows the response.
func (fn dashboardFunction) share() awscloudwatch.IMetric {
	return fn.expression("100 * p# / d#", 0, "% after response", "")
}

// response is what callers wait for, in an average invocation. It is made of sums,
// so that it cannot be negative, as a difference of percentiles could.
func (fn dashboardFunction) response(number int, label, color string) awscloudwatch.IMetric {
	return fn.expression("(d# - p#) / n#", number, label, color)
}

// hooks is the time after the response, in an average invocation.
func (fn dashboardFunction) hooks(number int, label, color string) awscloudwatch.IMetric {
	return fn.expression("p# / n#", number, label, color)
}

// failures are errors and throttled requests.
func (fn dashboardFunction) failures(number int) awscloudwatch.IMetric {
	return fn.expression("e# + t#", number, fn.label, "")
}

// longest is the longest invocation, hooks included, in percent of the timeout.
func (fn dashboardFunction) longest(number int, label, color string) awscloudwatch.IMetric {
	return fn.expression(fmt.Sprintf("100 * m# / %.0f", fn.timeout), number, label, color)
}

// expressionMetrics are the metrics in expressions, by their letters.
var expressionMetrics = map[string]struct{ name, statistic string }{
	"d#": {"Duration", "Sum"},
	"n#": {"Duration", "SampleCount"},
	"m#": {"Duration", "Maximum"},
	"p#": {"PostRuntimeExtensionsDuration", "Sum"},
	"e#": {"Errors", "Sum"},
	"t#": {"Throttles", "Sum"},
}

// expression is one of expressionMetrics. The number takes the place of #: metrics
// of several functions in one chart need different ids.
func (fn dashboardFunction) expression(text string, number int, label, color string) awscloudwatch.IMetric {
	numbered := func(s string) string { return strings.ReplaceAll(s, "#", fmt.Sprint(number)) }
	using := map[string]awscloudwatch.IMetric{}
	for id, m := range expressionMetrics {
		if strings.Contains(text, id) {
			using[numbered(id)] = fn.metric(m.name, m.statistic, "", "")
		}
	}
	props := &awscloudwatch.MathExpressionProps{
		Expression: jsii.String(numbered(text)), Label: &label, UsingMetrics: &using,
	}
	if color != "" {
		props.Color = &color
	}
	return awscloudwatch.NewMathExpression(props)
}
