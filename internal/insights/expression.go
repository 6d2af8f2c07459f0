package insights

import (
	"math"
	"slices"
	"strings"
)

// arguments are how many the functions take.
var arguments = map[string]struct{ least, most int }{
	"coalesce": {2, 99}, "concat": {2, 99}, "replace": {3, 3}, "ispresent": {1, 1},
}

// An Expr is a constant, a field, or a function or operator with arguments.
type Expr struct {
	constant Value
	field    string
	function string
	args     []*Expr
	Fields   []string // in an expression that was parsed alone, the names in it
}

func (e *Expr) isCondition() bool {
	binds := precedence[e.function]
	return binds > 0 && binds <= comparison || e.function == "ispresent"
}

// Eval returns the value of the expression, nil if it has none, or whether a
// condition holds.
func (e *Expr) Eval(row Row) (v Value, err error) {
	defer catch("an expression", &err)
	return e.eval(row), nil
}

func (e *Expr) eval(row Row) Value {
	switch {
	case e.field != "":
		return row[e.field]
	case e.function == "":
		return e.constant
	}
	var args []Value
	for _, a := range e.args {
		args = append(args, a.eval(row))
	}
	return functions[e.function](args)
}

// functions are those that can be called, and operators.
var functions = map[string]func(args []Value) Value{
	"or":        anyHolds,
	"and":       allHold,
	"=":         isOneOf,
	"in":        isOneOf,
	">=":        atLeast,
	"like":      like,
	"ispresent": func(args []Value) Value { return args[0] != nil },

	"+": arithmetic(func(a, b float64) float64 { return a + b }),
	"-": arithmetic(func(a, b float64) float64 { return a - b }),
	"*": arithmetic(func(a, b float64) float64 { return a * b }),
	"/": arithmetic(func(a, b float64) float64 { return a / b }),

	"coalesce": coalesce,
	"concat":   concat,
	"replace":  replace,
}

func anyHolds(args []Value) Value { return slices.Contains(args, Value(true)) }

func allHold(args []Value) Value { return !slices.Contains(args, Value(false)) }

func isOneOf(args []Value) Value { return slices.Contains(args[1:], args[0]) }

func atLeast(args []Value) Value {
	a, ok := args[0].(float64)
	b, isNumber := args[1].(float64)
	return ok && isNumber && a >= b
}

func like(args []Value) Value {
	return args[0] != nil && strings.Contains(Text(args[0]), Text(args[1]))
}

func arithmetic(do func(a, b float64) float64) func([]Value) Value {
	return func(args []Value) Value {
		if slices.Contains(args, nil) {
			return nil
		}
		if v := do(number(args[0]), number(args[1])); !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
		return nil
	}
}

func number(v Value) float64 {
	n, ok := v.(float64)
	if !ok {
		fail("arithmetic with %q, which is not a number", Text(v))
	}
	return n
}

func coalesce(args []Value) Value {
	if i := slices.IndexFunc(args, func(v Value) bool { return v != nil }); i >= 0 {
		return args[i]
	}
	return nil
}

func concat(args []Value) Value {
	var b strings.Builder
	for _, a := range args {
		if a == nil {
			fail("concat of a field that an event does not have: what that gives is not documented")
		}
		b.WriteString(Text(a))
	}
	return b.String()
}

func replace(args []Value) Value {
	if args[0] == nil {
		return nil
	}
	return strings.ReplaceAll(Text(args[0]), Text(args[1]), Text(args[2]))
}
