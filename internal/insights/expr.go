package insights

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// env is where names have values.
type env struct{ fields map[string]Value }

// An expr is a value that depends on a row.
type expr interface {
	eval(*env) (Value, error)
	names() []string
}

type literal struct{ value Value }

func (l literal) eval(*env) (Value, error) { return l.value, nil }
func (l literal) names() []string          { return nil }

type field struct{ name string }

func (f field) eval(e *env) (Value, error) { return e.fields[f.name], nil }
func (f field) names() []string            { return []string{f.name} }

// call is a function, or an operator, which is one with another name.
type call struct {
	function string
	args     []expr
}

func (c call) names() []string {
	var all []string
	for _, a := range c.args {
		all = append(all, a.names()...)
	}
	return all
}

func (c call) eval(e *env) (Value, error) {
	args := make([]Value, len(c.args))
	for i, a := range c.args {
		v, err := a.eval(e)
		if err != nil {
			return nil, err
		}
		args[i] = v
		switch c.function { // these need not look at all of them
		case "and":
			if !truth(v) {
				return 0.0, nil
			}
		case "or":
			if truth(v) {
				return 1.0, nil
			}
		case "coalesce":
			if v != nil {
				return v, nil
			}
		}
	}
	return functions[c.function].apply(args)
}

// function is one that queries may call.
type function struct {
	least, most int // arguments
	apply       func([]Value) (Value, error)
}

// many is no limit of arguments.
const many = 99

var functions = map[string]function{
	"coalesce": {2, many, func([]Value) (Value, error) { return nil, nil }},
	"concat": {2, many, func(args []Value) (Value, error) {
		var b strings.Builder
		for _, a := range args {
			if a == nil {
				return nil, errors.New("concat of a field that an event does not have: what that gives is not documented")
			}
			b.WriteString(Text(a))
		}
		return b.String(), nil
	}},
	"replace": {3, 3, func(args []Value) (Value, error) {
		if args[0] == nil {
			return nil, nil
		}
		return strings.ReplaceAll(Text(args[0]), Text(args[1]), Text(args[2])), nil
	}},
	"floor": {1, 1, func(args []Value) (Value, error) {
		if n, ok := args[0].(float64); ok {
			return math.Floor(n), nil
		}
		return nil, nil
	}},
	"ispresent": {1, 1, func(args []Value) (Value, error) { return boolean(args[0] != nil), nil }},

	"and": {2, many, func([]Value) (Value, error) { return 1.0, nil }},
	"or":  {2, many, func([]Value) (Value, error) { return 0.0, nil }},
	"not": {1, 1, func(args []Value) (Value, error) { return boolean(!truth(args[0])), nil }},
	"in": {2, many, func(args []Value) (Value, error) {
		for _, a := range args[1:] {
			if args[0] != nil && equal(args[0], a) {
				return 1.0, nil
			}
		}
		return 0.0, nil
	}},
	"=": {2, 2, func(args []Value) (Value, error) {
		return boolean(args[0] != nil && args[1] != nil && equal(args[0], args[1])), nil
	}},
	"!=": {2, 2, func(args []Value) (Value, error) {
		if args[0] == nil || args[1] == nil {
			return nil, errors.New("!= with a field that an event does not have: what that gives is not documented")
		}
		return boolean(!equal(args[0], args[1])), nil
	}},
	"<": ordering(func(c int) bool { return c < 0 }), "<=": ordering(func(c int) bool { return c <= 0 }),
	">": ordering(func(c int) bool { return c > 0 }), ">=": ordering(func(c int) bool { return c >= 0 }),
	"+": arithmetic(func(a, b float64) float64 { return a + b }), "-": arithmetic(func(a, b float64) float64 { return a - b }),
	"*": arithmetic(func(a, b float64) float64 { return a * b }), "/": arithmetic(func(a, b float64) float64 { return a / b }),
	"like": {2, 2, func(args []Value) (Value, error) {
		return boolean(args[0] != nil && strings.Contains(Text(args[0]), Text(args[1]))), nil
	}},
}

// matches is like with a regular expression.
type matches struct {
	of expr
	re *regexp.Regexp
}

func (m matches) names() []string { return m.of.names() }
func (m matches) eval(e *env) (Value, error) {
	v, err := m.of.eval(e)
	return boolean(v != nil && m.re.MatchString(Text(v))), err
}

func ordering(is func(int) bool) function {
	return function{2, 2, func(args []Value) (Value, error) {
		return boolean(args[0] != nil && args[1] != nil && is(compare(args[0], args[1]))), nil
	}}
}

func arithmetic(do func(a, b float64) float64) function {
	return function{2, 2, func(args []Value) (Value, error) {
		a, aOK := toNumber(args[0])
		b, bOK := toNumber(args[1])
		if v := do(a, b); aOK && bOK && !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v, nil
		}
		return nil, nil
	}}
}

func boolean(b bool) Value {
	if b {
		return 1.0
	}
	return 0.0
}

func truth(v Value) bool { return v != nil && v != 0.0 && v != "" }

func toNumber(v Value) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(v, 64)
		return n, err == nil
	}
	return 0, false
}

func equal(a, b Value) bool { return compare(a, b) == 0 }

// compare orders values: numbers and times by size, all else as text. What has
// no value comes first.
func compare(a, b Value) int {
	if a == nil || b == nil {
		return int(boolean(a != nil).(float64) - boolean(b != nil).(float64))
	}
	if at, ok := a.(time.Time); ok {
		if bt, ok := b.(time.Time); ok {
			return at.Compare(bt)
		}
	}
	an, aOK := toNumber(a)
	bn, bOK := toNumber(b)
	if aOK && bOK {
		switch {
		case an < bn:
			return -1
		case an > bn:
			return 1
		}
		return 0
	}
	return strings.Compare(Text(a), Text(b))
}

// checkCall returns an error for a function that is unknown, or is called with
// too few or too many arguments.
func checkCall(function string, args int) error {
	f, ok := functions[function]
	if !ok {
		return fmt.Errorf("unknown function %q", function)
	}
	if args < f.least || args > f.most {
		return fmt.Errorf("%s: %d arguments", function, args)
	}
	return nil
}
