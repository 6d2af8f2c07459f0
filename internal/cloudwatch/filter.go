package cloudwatch

import (
	"fmt"
	"strconv"
	"strings"

	"example.com/postinvoke/internal/insights"
)

// A MetricFilter makes metrics of log events.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
type MetricFilter struct {
	FilterPattern         string
	LogGroupName          string
	MetricTransformations []struct {
		MetricNamespace string
		MetricName      string
		MetricValue     string
		Unit            string
		Dimensions      []struct{ Key, Value string }
	}
	condition *insights.Expr
}

// parse parses the pattern, which is one for JSON: { condition }.
func (f *MetricFilter) parse() (err error) {
	text, opened := strings.CutPrefix(f.FilterPattern, "{")
	text, closed := strings.CutSuffix(text, "}")
	if !opened || !closed || strings.Contains(text, "*") {
		return fmt.Errorf("filter pattern %s: not understood: a { condition } without * was expected", f.FilterPattern)
	}
	if f.condition, err = insights.FilterPattern.Parse(text); err != nil {
		return fmt.Errorf("filter pattern: not understood: %w", err)
	}
	for _, t := range f.MetricTransformations {
		_, err := strconv.ParseFloat(t.MetricValue, 64)
		if err != nil && !strings.HasPrefix(t.MetricValue, "$.") {
			return fmt.Errorf("the value %q of metric %s", t.MetricValue, t.MetricName)
		}
		for _, d := range t.Dimensions {
			if !strings.HasPrefix(d.Value, "$.") {
				return fmt.Errorf("the value %q of dimension %s", d.Value, d.Key)
			}
		}
	}
	return nil
}

// apply adds what the filter makes of a line.
func (f *MetricFilter) apply(m metrics, line Line) error {
	if line.Group != f.LogGroupName || !strings.HasPrefix(line.Message, "{") {
		return nil
	}
	fields := insights.Fields(line.Event)
	if holds, err := f.condition.Eval(fields); err != nil || holds != true {
		return err
	}
	for _, t := range f.MetricTransformations {
		value, err := strconv.ParseFloat(t.MetricValue, 64)
		ok := err == nil
		if path, isField := strings.CutPrefix(t.MetricValue, "$."); isField {
			value, ok = fields[path].(float64)
		}
		key := metricKey{t.MetricNamespace, t.MetricName, ""}
		for _, d := range t.Dimensions {
			of, isText := fields[strings.TrimPrefix(d.Value, "$.")].(string)
			ok = ok && isText // without one of its dimensions there is no metric
			key.dimensions += dimension(d.Key, of)
		}
		if ok {
			m.add(key, line.Time, value)
		}
	}
	return nil
}
