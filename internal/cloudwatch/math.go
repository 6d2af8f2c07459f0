package cloudwatch

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
var mathTokens = regexp.MustCompile(`\d+(?:\.\d+)?|[a-z]\w*|\S`)

// calculate evaluates an expression of numbers, metrics, + - * / and brackets.
// A period in which one of its metrics has no value has none.
func calculate(expression string, byID map[string][]Point) ([]Point, error) {
	p := &mathParser{tokens: mathTokens.FindAllString(expression, -1), byID: byID}
	tree, err := p.sum()
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("not understood from %q on", p.tokens[0])
	}
	if err != nil {
		return nil, fmt.Errorf("metric expression %s: %w", expression, err)
	}
	var times []time.Time
	for _, id := range p.used {
		for _, point := range byID[id] {
			if !slices.ContainsFunc(times, point.At.Equal) {
				times = append(times, point.At)
			}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	var all []Point
	for _, at := range times {
		if v := tree(at); !math.IsNaN(v) && !math.IsInf(v, 0) {
			all = append(all, Point{at, v})
		}
	}
	return all, nil
}

type mathParser struct {
	tokens []string
	byID   map[string][]Point
	used   []string
}

// A term is the value of a part of the expression in a period, or not a number.
type term func(at time.Time) float64

func (p *mathParser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *mathParser) peek(tokens ...string) bool {
	return len(p.tokens) > 0 && slices.Contains(tokens, p.tokens[0])
}

func (p *mathParser) sum() (term, error) {
	t, err := p.product()
	for err == nil && p.peek("+", "-") {
		t, err = p.operation(t, p.product)
	}
	return t, err
}

func (p *mathParser) product() (term, error) {
	t, err := p.operand()
	for err == nil && p.peek("*", "/") {
		t, err = p.operation(t, p.operand)
	}
	return t, err
}

func (p *mathParser) operation(left term, operand func() (term, error)) (term, error) {
	do := map[string]func(a, b float64) float64{
		"+": func(a, b float64) float64 { return a + b }, "-": func(a, b float64) float64 { return a - b },
		"*": func(a, b float64) float64 { return a * b }, "/": func(a, b float64) float64 { return a / b },
	}[p.next()]
	right, err := operand()
	return func(at time.Time) float64 { return do(left(at), right(at)) }, err
}

func (p *mathParser) operand() (term, error) {
	token := p.next()
	if token == "(" {
		t, err := p.sum()
		if err == nil && p.next() != ")" {
			err = fmt.Errorf("a bracket is not closed")
		}
		return t, err
	}
	if n, err := strconv.ParseFloat(token, 64); err == nil {
		return func(time.Time) float64 { return n }, nil
	}
	points, ok := p.byID[token]
	if !ok {
		return nil, fmt.Errorf("unknown %q", token)
	}
	p.used = append(p.used, token)
	return func(at time.Time) float64 {
		for _, point := range points {
			if point.At.Equal(at) {
				return point.Value
			}
		}
		return math.NaN()
	}, nil
}
