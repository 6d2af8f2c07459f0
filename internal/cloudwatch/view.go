package cloudwatch

import (
	"fmt"
	"slices"
	"time"

	"example.com/postinvoke/internal/insights"
)

// A View is a deployment with what its functions logged, at a time.
type View struct {
	From, To time.Time // the time shown

	deployment *Deployment
	log        *insights.Log
	metrics    metrics
}

// View evaluates the metric filters over lines, which are sorted by time first.
func (d *Deployment) View(lines []Line, from, to time.Time) (*View, error) {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b Line) int { return a.Time.Compare(b.Time) })
	v := &View{From: from, To: to, deployment: d, log: &insights.Log{Indexed: d.Indexed}, metrics: metrics{}}
	for _, line := range lines {
		if line.Time.Before(from) || !line.Time.Before(to) {
			continue
		}
		v.log.Events = append(v.log.Events, line.Event)
		for i := range d.Filters {
			if err := d.Filters[i].apply(v.metrics, line); err != nil {
				return nil, err
			}
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
func (v *View) Draw(w Widget) (*Drawn, error) {
	d, err := v.draw(w)
	if err != nil {
		return nil, fmt.Errorf("widget %q: %w", w.Properties.Title, err)
	}
	return d, nil
}

func (v *View) draw(w Widget) (*Drawn, error) {
	switch w.Type {
	case "text":
		return &Drawn{Markdown: w.Properties.Markdown}, nil
	case "log":
		result, err := v.log.Run(w.Properties.Query)
		switch {
		case err != nil:
			return nil, err
		case w.Properties.View == "table" && len(result.Columns) == 0:
			return nil, fmt.Errorf("a table without display or stats, in: %s", w.Properties.Query)
		case w.Properties.View == "timeSeries" && !result.Series:
			return nil, fmt.Errorf("a chart over time needs stats … by bin() alone, in: %s", w.Properties.Query)
		case w.Properties.View != "table" && w.Properties.View != "timeSeries":
			return nil, fmt.Errorf("unknown view %q of a log query", w.Properties.View)
		}
		return &Drawn{Log: result}, nil
	case "metric":
		series, err := v.series(w.Properties)
		return &Drawn{Series: series}, err
	case "alarm":
		d := &Drawn{}
		for _, arn := range w.Properties.Alarms {
			i := slices.IndexFunc(v.deployment.Alarms, func(a Alarm) bool { return a.ARN == arn })
			if i < 0 {
				return nil, fmt.Errorf("no alarm %s", arn)
			}
			s, err := v.state(v.deployment.Alarms[i])
			if err != nil {
				return nil, err
			}
			d.Alarms = append(d.Alarms, s)
		}
		return d, nil
	}
	return nil, fmt.Errorf("unknown type %q", w.Type)
}

// options are what may follow the names of a metric, or stand alone.
type options struct {
	ID, Label, Stat, Color, Expression, YAxis string
	Visible                                   *bool
	Period                                    int
}

func (v *View) series(p Properties) ([]Series, error) {
	if p.View != "singleValue" && p.View != "timeSeries" {
		return nil, fmt.Errorf("unknown view %q of metrics", p.View)
	}
	type entry struct {
		options
		points []Point
	}
	var entries []*entry
	byID := map[string][]Point{}
	for _, m := range p.Metrics {
		e := &entry{}
		key, err := e.read(m)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
		if e.Expression != "" {
			continue
		}
		period := time.Duration(max(e.Period, p.Period)) * time.Second
		if period == 0 {
			period = 5 * time.Minute
		}
		if p.SetPeriodToTimeRange {
			period = v.To.Sub(v.From)
		}
		statistic := e.Stat
		if statistic == "" {
			statistic = "Average"
		}
		if e.points, err = points(v.metrics[key], statistic, period, v.From, v.To); err != nil {
			return nil, err
		}
		if e.ID != "" {
			byID[e.ID] = e.points
		}
	}
	var all []Series
	for _, e := range entries {
		if e.Visible != nil && !*e.Visible {
			continue
		}
		if e.Expression != "" {
			var err error
			if e.points, err = calculate(e.Expression, byID); err != nil {
				return nil, err
			}
		}
		if p.View == "singleValue" && len(e.points) > 1 {
			e.points = e.points[len(e.points)-1:] // CloudWatch shows the last
		}
		all = append(all, Series{e.Label, e.Color, e.YAxis == "right", e.points})
	}
	return all, nil
}

// read reads a metric: namespace, name, and pairs of a dimension's name and
// value, then options.
func (o *options) read(m []any) (metricKey, error) {
	var texts []string
	for i, part := range m {
		switch part := part.(type) {
		case string:
			texts = append(texts, part)
		case map[string]any:
			if i != len(m)-1 {
				return metricKey{}, fmt.Errorf("metric %v: options before its end", m)
			}
			if err := reread(part, o); err != nil {
				return metricKey{}, fmt.Errorf("metric %v: %w", m, err)
			}
		default:
			return metricKey{}, fmt.Errorf("metric %v: what is %v", m, part)
		}
	}
	if o.Expression != "" && len(texts) == 0 {
		return metricKey{}, nil
	}
	if len(texts) < 2 || len(texts)%2 != 0 {
		return metricKey{}, fmt.Errorf("metric %v: a namespace, a name and dimensions were expected", m)
	}
	key := metricKey{texts[0], texts[1], ""}
	for i := 2; i < len(texts); i += 2 {
		key.dimensions += texts[i] + "=" + texts[i+1] + ";"
	}
	return key, nil
}
