// Package cloudwatch evaluates what a synthesised CloudFormation template
// deploys to CloudWatch: the body of its dashboard, metric filters and alarms,
// over the log lines of functions. What is deployed is what is evaluated. What
// the templates of postinvoke do not use is an error.
//
// Nothing of it was compared with CloudWatch itself: [Assumptions] lists what
// AWS's documents leave open.
package cloudwatch

import (
	"fmt"
	"slices"
	"time"

	"example.com/postinvoke/internal/insights"
	"example.com/postinvoke/internal/lambdalog"
)

// Assumptions are the points that AWS's documents leave open and that what this
// package finds rests on.
var Assumptions = slices.Concat(lambdalog.Assumptions, insights.Assumptions, []string{
	"Metrics of Lambda carry the time at which the invocation began.",
	"Lambda sends Throttles and Errors with the value 0 for an invocation that has none.",
	"PostRuntimeExtensionsDuration is the span extensionOverhead of platform.report, for internal extensions too.",
	"A choice at the top of a dashboard replaces its pattern in log queries too.",
	"The percentage of a metric expression is computed from the sums of the whole time " +
		"where a widget sets its period to it.",
})

// A View is a deployment with what its functions logged, at a time.
type View struct {
	From, To time.Time // the time shown

	deployment *Deployment
	log        *insights.Log
	metrics    metrics
}

// View evaluates the metric filters over lines, which are sorted by time first.
func (d *Deployment) View(lines []Line, from, to time.Time) (view *View, err error) {
	defer catch(&err, "metric filters")
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b Line) int { return a.Time.Compare(b.Time) })
	v := &View{From: from, To: to, deployment: d, log: &insights.Log{Indexed: d.Indexed}, metrics: metrics{}}
	for _, line := range lines {
		if line.Time.Before(from) || !line.Time.Before(to) {
			continue
		}
		v.log.Events = append(v.log.Events, line.Event)
		for i := range d.Filters {
			d.Filters[i].apply(v.metrics, line)
		}
	}
	v.metrics.addLambdas(lines)
	return v, nil
}

// Bytes are those of all messages in the time shown.
func (v *View) Bytes() int {
	n := 0
	for _, e := range v.log.Events {
		n += len(e.Message)
	}
	return n
}

// WithoutIndex is the view of functions whose log groups have no field index.
func (v *View) WithoutIndex() *View {
	w := *v
	w.log = &insights.Log{Events: v.log.Events}
	return &w
}

// Scans is how many times over the log is read when the dashboard is loaded.
func (v *View) Scans(b *Body) (float64, error) {
	scanned := 0
	for _, w := range b.Widgets {
		drawn, err := v.Draw(w)
		if err != nil {
			return 0, err
		}
		if drawn.Log != nil {
			scanned += drawn.Log.Scanned
		}
	}
	return float64(scanned) / float64(max(1, v.Bytes())), nil
}

// Drawn is what a widget shows: one of the fields, by its type and view.
type Drawn struct {
	Markdown string
	Series   []Series         // of a chart, or of numbers with one point each
	Log      *insights.Result // of a log query
	Alarms   []AlarmState
}

// A Series is a metric of a widget.
type Series struct {
	Label  string
	Color  string
	Right  bool // it belongs to the axis on the right
	Points []Point
}

// Draw evaluates a widget.
func (v *View) Draw(w Widget) (drawn *Drawn, err error) {
	defer catch(&err, fmt.Sprintf("widget %q", w.Properties.Title))
	p := w.Properties
	switch w.Type {
	case "text":
		return &Drawn{Markdown: p.Markdown}, nil
	case "log":
		result, err := v.log.Run(p.Query)
		check(err)
		switch {
		case p.View != "table":
			fail("unknown view %q of a log query", p.View)
		case len(result.Columns) == 0:
			fail("a table without display or stats, in: %s", p.Query)
		}
		return &Drawn{Log: result}, nil
	case "metric":
		return &Drawn{Series: v.series(p)}, nil
	case "alarm":
		return &Drawn{Alarms: v.states(p)}, nil
	}
	fail("unknown type %q", w.Type)
	return nil, nil
}

// states are those of the alarms that a widget shows.
func (v *View) states(p Properties) (all []AlarmState) {
	if len(p.States) > 0 && !slices.Equal(p.States, []string{"ALARM"}) {
		fail("unknown selection of states %q", p.States)
	}
	for _, arn := range p.Alarms {
		i := slices.IndexFunc(v.deployment.Alarms, func(a Alarm) bool { return a.ARN == arn })
		if i < 0 {
			fail("no alarm %s", arn)
		}
		if s := v.state(v.deployment.Alarms[i]); s.Alarm || len(p.States) == 0 {
			all = append(all, s)
		}
	}
	return all
}

// A metric is one of a widget: namespace, name, and pairs of a dimension's name
// and value, or an expression. Options come last.
type metric struct {
	key                                       metricKey
	ID, Label, Stat, Color, Expression, YAxis string
	Visible                                   *bool // nil means that it is

	points []Point
}

// period is that of charts.
const period = 5 * time.Minute

func (v *View) series(p Properties) (series []Series) {
	if p.View != "singleValue" && p.View != "timeSeries" {
		fail("unknown view %q of metrics", p.View)
	}
	length := period
	if p.SetPeriodToTimeRange {
		length = v.To.Sub(v.From)
	}
	var all []*metric
	byID := map[string][]Point{}
	for _, parts := range p.Metrics {
		m := parseMetric(parts)
		if m.Expression == "" {
			m.points = points(v.metrics[m.key], m.Stat, length, v.From, v.To)
		}
		if m.ID != "" {
			byID[m.ID] = m.points
		}
		all = append(all, m)
	}
	for _, m := range all {
		if m.Visible != nil && !*m.Visible {
			continue
		}
		if m.Expression != "" {
			m.points = calculate(m.Expression, byID)
		}
		if p.View == "singleValue" && len(m.points) > 1 {
			m.points = m.points[len(m.points)-1:] // CloudWatch shows the last
		}
		series = append(series, Series{m.Label, m.Color, m.YAxis == "right", m.points})
	}
	return series
}

func parseMetric(parts []any) *metric {
	m := &metric{}
	var texts []string
	for _, part := range parts {
		if text, ok := part.(string); ok {
			texts = append(texts, text)
		} else {
			reread(part, m)
		}
	}
	if len(texts)%2 != 0 || (len(texts) == 0) != (m.Expression != "") {
		fail("metric %v: a namespace, a name and dimensions were expected, or an expression", parts)
	}
	if len(texts) > 0 {
		m.key = metricKey{namespace: texts[0], name: texts[1]}
	}
	for i := 2; i < len(texts); i += 2 {
		m.key.dimensions += dimension(texts[i], texts[i+1])
	}
	return m
}
