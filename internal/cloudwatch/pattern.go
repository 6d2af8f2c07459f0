package cloudwatch

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A MetricFilter makes a metric of log events.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
type MetricFilter struct {
	FilterPattern         string
	LogGroupName          string
	MetricTransformations []Transformation

	match pattern
}

// A Transformation says which metric.
type Transformation struct {
	MetricNamespace string
	MetricName      string
	MetricValue     string
	Unit            string
	Dimensions      []struct{ Key, Value string }
}

func parseFilter(text []byte) (MetricFilter, error) {
	var f MetricFilter
	if err := strict(text, &f); err != nil {
		return f, err
	}
	for _, t := range f.MetricTransformations {
		if len(t.Dimensions) > 3 {
			return f, fmt.Errorf("%d dimensions, CloudWatch takes 3", len(t.Dimensions))
		}
	}
	var err error
	f.match, err = parsePattern(f.FilterPattern)
	return f, err
}

// A pattern reports whether it matches the fields of an event.
type pattern func(fields map[string]any) bool

var patternTokens = regexp.MustCompile(`"[^"]*"|&&|\|\||>=|<=|!=|[=<>(){}]|\$(?:\.\w+)+|-?\d+(?:\.\d+)?|\S`)

// parsePattern parses one for JSON: comparisons joined with && and ||.
func parsePattern(text string) (pattern, error) {
	p := &patternParser{tokens: patternTokens.FindAllString(text, -1), text: text}
	if !p.accept("{") {
		return nil, p.unexpected()
	}
	m, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.accept("}") || len(p.tokens) > 0 {
		return nil, p.unexpected()
	}
	return m, nil
}

type patternParser struct {
	tokens []string
	text   string
}

func (p *patternParser) unexpected() error {
	return fmt.Errorf("filter pattern %s: not understood from %q on", p.text, strings.Join(p.tokens, " "))
}

func (p *patternParser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *patternParser) accept(token string) bool {
	if len(p.tokens) == 0 || p.tokens[0] != token {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *patternParser) or() (pattern, error) {
	return p.join("||", p.and, func(a, b bool) bool { return a || b })
}

func (p *patternParser) and() (pattern, error) {
	return p.join("&&", p.comparison, func(a, b bool) bool { return a && b })
}

func (p *patternParser) join(operator string, operand func() (pattern, error), do func(a, b bool) bool) (pattern, error) {
	m, err := operand()
	for err == nil && p.accept(operator) {
		left := m
		var right pattern
		right, err = operand()
		m = func(fields map[string]any) bool { return do(left(fields), right(fields)) }
	}
	return m, err
}

func (p *patternParser) comparison() (pattern, error) {
	if p.accept("(") {
		m, err := p.or()
		if err == nil && !p.accept(")") {
			err = p.unexpected()
		}
		return m, err
	}
	rest := p.tokens
	selector, operator, operand := p.next(), p.next(), p.next()
	path, ok := strings.CutPrefix(selector, "$.")
	if !ok {
		p.tokens = rest
		return nil, p.unexpected()
	}
	if quoted, ok := strings.CutPrefix(operand, `"`); ok && operator == "=" && !strings.Contains(quoted, "*") {
		want := strings.TrimSuffix(quoted, `"`)
		return func(fields map[string]any) bool { return fields[path] == want }, nil
	}
	n, err := strconv.ParseFloat(operand, 64)
	compare := map[string]func(float64) bool{
		"=": func(v float64) bool { return v == n }, ">=": func(v float64) bool { return v >= n }, ">": func(v float64) bool { return v > n },
		"<=": func(v float64) bool { return v <= n }, "<": func(v float64) bool { return v < n },
	}[operator]
	if err != nil || compare == nil {
		p.tokens = rest
		return nil, p.unexpected()
	}
	return func(fields map[string]any) bool {
		v, ok := fields[path].(float64)
		return ok && compare(v)
	}, nil
}

// apply adds what the filter makes of a line.
func (f *MetricFilter) apply(m metrics, line Line) error {
	if line.Group != f.LogGroupName {
		return nil
	}
	var fields map[string]any
	if json.Unmarshal([]byte(line.Message), &fields) != nil || !f.match(fields) {
		return nil
	}
	for _, t := range f.MetricTransformations {
		value, err := strconv.ParseFloat(t.MetricValue, 64)
		if path, ok := strings.CutPrefix(t.MetricValue, "$."); ok {
			if value, ok = fields[path].(float64); !ok {
				continue
			}
		} else if err != nil {
			return fmt.Errorf("the value %q of metric %s", t.MetricValue, t.MetricName)
		}
		key := metricKey{t.MetricNamespace, t.MetricName, ""}
		complete := true
		for _, d := range t.Dimensions {
			path, ok := strings.CutPrefix(d.Value, "$.")
			of, isText := fields[path].(string)
			if !ok || !isText {
				complete = false // without one of its dimensions there is no metric
				break
			}
			key.dimensions += d.Key + "=" + of + ";"
		}
		if complete {
			m.add(key, line.Time, value)
		}
	}
	return nil
}
