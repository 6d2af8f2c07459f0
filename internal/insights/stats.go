package insights

import (
	"maps"
	"slices"
)

// An aggregate is a value of a group of rows.
type aggregate struct {
	function string
	of       *Expr
	name     string
}

// ofAll are functions of the values of all rows of a group, in the order of time.
var ofAll = map[string]func([]Value) Value{
	"count":  func(values []Value) Value { return float64(len(values)) },
	"latest": func(values []Value) Value { return values[len(values)-1] },
}

// ofPresent are functions of the values that there are, of which there is at least one.
var ofPresent = map[string]func([]Value) Value{
	"max":       greatest,
	"sortsLast": greatest,
	"sum":       func(values []Value) Value { return sumOf(values) },
	"avg":       func(values []Value) Value { return sumOf(values) / float64(len(values)) },
}

func greatest(values []Value) Value { return slices.MaxFunc(values, compare) }

func sumOf(values []Value) (sum float64) {
	for _, v := range values {
		sum += number(v)
	}
	return sum
}

// stats aggregates rows by fields.
func stats(p *parser) func(*table) {
	var columns []aggregate
	p.each(func() {
		a := aggregate{function: p.name()}
		p.expect("(")
		switch {
		case a.function == "count":
			p.expect("*")
			a.of = &Expr{constant: 1.0}
		case ofAll[a.function] != nil, ofPresent[a.function] != nil:
			a.of = p.expression(false)
		default:
			fail("unknown function %q in stats", a.function)
		}
		p.expect(")")
		p.expect("as")
		a.name = p.name()
		columns = append(columns, a)
	})
	p.expect("by")
	var fields, names []string
	p.each(func() {
		field := p.field()
		fields, names = append(fields, field), append(names, field)
		if p.accept("as") {
			names[len(names)-1] = p.name()
		}
	})
	left := slices.Clone(names)
	for _, a := range columns {
		left = append(left, a.name)
	}
	p.left = slices.Clip(left)
	return func(t *table) {
		t.group(fields, names, columns)
		t.columns = left
	}
}

// group replaces the rows by one for each group that has the same fields: with
// those, by other names, and the aggregates.
func (t *table) group(fields, names []string, columns []aggregate) {
	groups := map[string][]Row{}
	for _, row := range t.rows {
		key := ""
		for _, f := range fields {
			key += Text(row[f]) + "\x00"
		}
		groups[key] = append(groups[key], row)
	}
	t.rows = nil
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		result := Row{}
		for i, name := range names {
			result[name] = groups[key][0][fields[i]]
		}
		for _, a := range columns {
			result[a.name] = a.eval(groups[key])
		}
		t.rows = append(t.rows, result)
	}
}

func (a aggregate) eval(rows []Row) Value {
	var values []Value
	for _, row := range rows {
		values = append(values, a.of.eval(row))
	}
	if aggregate := ofAll[a.function]; aggregate != nil {
		return aggregate(values)
	}
	if values = slices.DeleteFunc(values, func(v Value) bool { return v == nil }); len(values) == 0 {
		return nil
	}
	return ofPresent[a.function](values)
}
