package postinvokecdk

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"
)

// Charts and numbers are made of the metrics that Lambda sends for nothing.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html

// Colours of CloudWatch's own palette.
const (
	blue   = "#1f77b4"
	orange = "#ff7f0e"
	green  = "#2ca02c"
	red    = "#d62728"
	purple = "#9467bd"
)

// fewFunctions have charts of their own; more share them.
const fewFunctions = 2

// metric is one of the function.
func (fn shown) metric(name, statistic, label, color string) awscloudwatch.IMetric {
	options := &awscloudwatch.MetricOptions{Statistic: &statistic}
	if label != "" {
		options.Label = &label
	}
	if color != "" {
		options.Color = &color
	}
	return fn.Metric(&name, options)
}

// parts are metrics by the names that they have in an expression.
type parts map[string]awscloudwatch.IMetric

// expression is one of metrics, by the names that they have in it. Their
// numbers tell those of several functions in a chart apart.
func expression(format string, number int, label, color string, metrics parts) awscloudwatch.IMetric {
	using := map[string]awscloudwatch.IMetric{}
	args := []any{}
	for _, name := range []string{"d", "p", "n", "e", "t", "m"} {
		if m := metrics[name]; m != nil {
			id := fmt.Sprint(name, number)
			using[id] = m
			args = append(args, id)
		}
	}
	props := &awscloudwatch.MathExpressionProps{
		Expression: jsii.String(fmt.Sprintf(format, args...)), Label: &label, UsingMetrics: &using,
	}
	if color != "" {
		props.Color = &color
	}
	return awscloudwatch.NewMathExpression(props)
}

func (fn shown) duration() awscloudwatch.IMetric { return fn.metric("Duration", "Sum", "", "") }
func (fn shown) after() awscloudwatch.IMetric {
	return fn.metric("PostRuntimeExtensionsDuration", "Sum", "", "")
}

// share is how much of the time that Lambda bills is after the response.
func (fn shown) share(number int, label string) awscloudwatch.IMetric {
	return expression("100 * %[2]s / %[1]s", number, label, "", parts{"d": fn.duration(), "p": fn.after()})
}

// response is what callers wait for, of an average invocation. It is made of
// sums, so that it cannot be negative where percentiles could.
func (fn shown) response(number int, label, color string) awscloudwatch.IMetric {
	return expression("(%[1]s - %[2]s) / %[3]s", number, label, color, parts{
		"d": fn.duration(), "p": fn.after(), "n": fn.metric("Duration", "SampleCount", "", ""),
	})
}

// hooks is what comes after it.
func (fn shown) hooks(number int, label, color string) awscloudwatch.IMetric {
	return expression("%[1]s / %[2]s", number, label, color, parts{
		"p": fn.after(), "n": fn.metric("Duration", "SampleCount", "", ""),
	})
}

// longest is the longest invocation, hooks included, in percent of the timeout.
func (fn shown) longest(number int, label, color string) awscloudwatch.IMetric {
	return expression(fmt.Sprintf("100 * %%[1]s / %.0f", fn.timeout), number, label, color, parts{
		"m": fn.metric("Duration", "Maximum", "", ""),
	})
}

// numbers are one line for each function, about all of the time shown.
func numbers(functions []shown) [][]awscloudwatch.IWidget {
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
			fn.share(0, "% after response"),
		}
		if oneRow && fn.timeout > 0 {
			metrics = append(metrics, fn.longest(0, "longest, % of timeout", ""))
		}
		row = append(row, awscloudwatch.NewSingleValueWidget(&awscloudwatch.SingleValueWidgetProps{
			Title: &fn.label, Width: jsii.Number(float64(width)), Height: &height,
			Metrics: &metrics, SetPeriodToTimeRange: jsii.Bool(true),
		}))
	}
	return [][]awscloudwatch.IWidget{row}
}

// charts show where the time goes, and when what failed: for each function, or
// with a line for each.
func charts(functions []shown) [][]awscloudwatch.IWidget {
	width := float64(gridWidth / 4)
	if len(functions) == 1 {
		width = gridWidth / 2
	}
	var row []awscloudwatch.IWidget
	if len(functions) <= fewFunctions {
		for _, fn := range functions {
			row = append(row, timeChart(fn, width), failureChart(fn, width))
		}
		return [][]awscloudwatch.IWidget{row}
	}
	lines := func(title string, line func(shown, int) awscloudwatch.IMetric) *awscloudwatch.GraphWidgetProps {
		var metrics []awscloudwatch.IMetric
		for i, fn := range functions {
			if m := line(fn, i); m != nil {
				metrics = append(metrics, m)
			}
		}
		return &awscloudwatch.GraphWidgetProps{Title: &title, Left: &metrics, LeftYAxis: fromZero("")}
	}
	longest := lines("Longest invocation, % of the timeout", func(fn shown, i int) awscloudwatch.IMetric {
		if fn.timeout == 0 {
			return nil
		}
		return fn.longest(i, fn.label, "")
	})
	longest.LeftAnnotations = timeoutLine()
	for _, props := range []*awscloudwatch.GraphWidgetProps{
		lines("Response, average ms (callers wait)", func(fn shown, i int) awscloudwatch.IMetric {
			return fn.response(i, fn.label, "")
		}),
		lines("After it, average ms (hooks)", func(fn shown, i int) awscloudwatch.IMetric {
			return fn.hooks(i, fn.label, "")
		}),
		lines("Errors and throttled", func(fn shown, i int) awscloudwatch.IMetric {
			return expression("%[1]s + %[2]s", i, fn.label, "", parts{
				"e": fn.metric("Errors", "Sum", "", ""), "t": fn.metric("Throttles", "Sum", "", ""),
			})
		}),
		longest,
	} {
		props.Width, props.Height = &width, jsii.Number(5)
		row = append(row, awscloudwatch.NewGraphWidget(props))
	}
	return [][]awscloudwatch.IWidget{row}
}

func timeChart(fn shown, width float64) awscloudwatch.IWidget {
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

func failureChart(fn shown, width float64) awscloudwatch.IWidget {
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
