package cloudwatch

import (
	"regexp"
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

// conditions are the patterns that are understood: conditions on fields of JSON.
var conditions = regexp.MustCompile(`^\{(?:\s|[()]|\$\.[A-Za-z0-9.]+|>?=|"[^"*]*"|[0-9.]+|&&|\|\|)*\}$`)

// parse parses the pattern, whose fields and operators have other names in queries.
func (f *MetricFilter) parse() {
	if !conditions.MatchString(f.FilterPattern) {
		fail("filter pattern %s: not understood", f.FilterPattern)
	}
	text := regexp.MustCompile(`"[^"]*"|\$\.|&&|\|\||[{}]`).ReplaceAllStringFunc(f.FilterPattern, func(s string) string {
		if s[0] == '"' {
			return s
		}
		return map[string]string{"&&": "and", "||": "or"}[s]
	})
	condition, err := insights.Parse(text, true)
	if err != nil {
		fail("filter pattern %s: not understood: %w", f.FilterPattern, err)
	}
	f.condition = condition
	for _, t := range f.MetricTransformations {
		_, err := strconv.ParseFloat(t.MetricValue, 64)
		if err != nil && !strings.HasPrefix(t.MetricValue, "$.") {
			fail("the value %q of metric %s", t.MetricValue, t.MetricName)
		}
		for _, d := range t.Dimensions {
			if !strings.HasPrefix(d.Value, "$.") {
				fail("the value %q of dimension %s", d.Value, d.Key)
			}
		}
	}
}

// apply adds what the filter makes of a line.
func (f *MetricFilter) apply(m metrics, line Line) {
	if line.Group != f.LogGroupName || !strings.HasPrefix(line.Message, "{") {
		return
	}
	fields := insights.Fields(line.Event)
	holds, err := f.condition.Eval(fields)
	check(err)
	if holds != true {
		return
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
}
