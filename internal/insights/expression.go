package insights

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Language is one of CloudWatch in which there are expressions. They differ in
// how operators are written, and in which there are.
type Language struct {
	operators map[string]string // from how it is written to the function
	functions []string          // that can be called
	prefix    string            // of each field
}

// The languages, as far as the templates of postinvoke use them.
var (
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
	queries = &Language{
		operators: written("or and = like in + * /"),
		functions: []string{"coalesce", "concat", "replace", "ispresent"},
	}

	// FilterPattern is that of metric filters for JSON.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
	FilterPattern = &Language{
		operators: map[string]string{"||": "or", "&&": "and", "=": "=", ">=": ">="},
		prefix:    "$.",
	}

	// MetricMath has the ids of metrics for fields.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
	MetricMath = &Language{operators: written("+ - * /")}
)

// written are operators that are written as the functions are called.
func written(operators string) map[string]string {
	all := map[string]string{}
	for _, o := range strings.Fields(operators) {
		all[o] = o
	}
	return all
}

// An Expr is a constant, a field, or a function or operator with arguments.
type Expr struct {
	constant Value
	field    string
	function string
	args     []*Expr
}

// Fields are the names of the fields in the expression.
func (e *Expr) Fields() []string {
	if e.field != "" {
		return []string{e.field}
	}
	var names []string
	for _, a := range e.args {
		names = append(names, a.Fields()...)
	}
	return names
}

// Eval returns the value of the expression: nil if it has none.
func (e *Expr) Eval(fields map[string]Value) (Value, error) {
	v, err := e.eval(fields)
	if _, isCondition := v.(bool); isCondition {
		return nil, errors.New("a condition is no value")
	}
	return v, err
}

// Holds evaluates a condition.
func (e *Expr) Holds(fields map[string]Value) (bool, error) {
	v, err := e.eval(fields)
	holds, isCondition := v.(bool)
	if err == nil && !isCondition {
		err = errors.New("a value is no condition")
	}
	return holds, err
}

func (e *Expr) eval(fields map[string]Value) (Value, error) {
	switch {
	case e.field != "":
		return fields[e.field], nil
	case e.function == "":
		return e.constant, nil
	}
	f := functions[e.function]
	var args []Value
	for _, a := range e.args {
		var v Value
		var err error
		if f.ofConditions {
			v, err = a.Holds(fields)
		} else {
			v, err = a.Eval(fields)
		}
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	return f.apply(args)
}

// A function is one that can be called, or an operator.
type function struct {
	least, most  int  // arguments
	ofConditions bool // they are conditions
	apply        func([]Value) (Value, error)
}

// many is no limit of arguments.
const many = 99

var functions = map[string]function{
	"and": {2, 2, true, func(args []Value) (Value, error) { return args[0] == true && args[1] == true, nil }},
	"or":  {2, 2, true, func(args []Value) (Value, error) { return args[0] == true || args[1] == true, nil }},

	"=":    {2, 2, false, isOneOf},
	"in":   {2, many, false, isOneOf},
	">=":   {2, 2, false, atLeast},
	"like": {2, 2, false, like},

	"+": arithmetic(func(a, b float64) float64 { return a + b }),
	"-": arithmetic(func(a, b float64) float64 { return a - b }),
	"*": arithmetic(func(a, b float64) float64 { return a * b }),
	"/": arithmetic(func(a, b float64) float64 { return a / b }),

	"coalesce":  {2, many, false, coalesce},
	"concat":    {2, many, false, concat},
	"replace":   {3, 3, false, replace},
	"ispresent": {1, 1, false, func(args []Value) (Value, error) { return args[0] != nil, nil }},
}

func isOneOf(args []Value) (Value, error) { return slices.Contains(args[1:], args[0]), nil }

func atLeast(args []Value) (Value, error) {
	a, ok := args[0].(float64)
	b, isNumber := args[1].(float64)
	return ok && isNumber && a >= b, nil
}

func like(args []Value) (Value, error) {
	return args[0] != nil && strings.Contains(Text(args[0]), Text(args[1])), nil
}

func arithmetic(do func(a, b float64) float64) function {
	return function{2, 2, false, func(args []Value) (Value, error) {
		if args[0] == nil || args[1] == nil {
			return nil, nil
		}
		a, ok := args[0].(float64)
		b, isNumber := args[1].(float64)
		if !ok || !isNumber {
			return nil, fmt.Errorf("arithmetic of %v and %v: one is not a number", args[0], args[1])
		}
		if v := do(a, b); !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v, nil
		}
		return nil, nil
	}}
}

func coalesce(args []Value) (Value, error) {
	for _, a := range args {
		if a != nil {
			return a, nil
		}
	}
	return nil, nil
}

func concat(args []Value) (Value, error) {
	var b strings.Builder
	for _, a := range args {
		if a == nil {
			return nil, errors.New("concat of a field that an event does not have: what that gives is not documented")
		}
		b.WriteString(Text(a))
	}
	return b.String(), nil
}

func replace(args []Value) (Value, error) {
	if args[0] == nil {
		return nil, nil
	}
	return strings.ReplaceAll(Text(args[0]), Text(args[1]), Text(args[2])), nil
}
