package insights

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// An aggregate is a value of a group of rows.
type aggregate struct {
	function string
	of       *Expr // nil for count(*)
	name     string
}

// aggregates are functions of the values that the rows of a group have.
var aggregates = map[string]func([]Value) (Value, error){
	"sum": sumOf, "avg": average, "max": greatest, "sortsLast": greatest,
}

// Two functions are not of values.
const (
	count  = "count"  // of the rows
	latest = "latest" // of the row that is
)

// stats reads the command of that name, which aggregates rows by fields.
func (p *parser) stats() command {
	var columns []aggregate
	p.each(func() {
		a := aggregate{function: p.name()}
		p.expect("(")
		switch {
		case a.function == count:
			p.expect("*")
		case a.function == latest, aggregates[a.function] != nil:
			a.of = p.value()
		default:
			p.fail("unknown function %q in stats", a.function)
		}
		p.expect(")")
		p.expect("as")
		a.name = p.name()
		columns = append(columns, a)
	})
	p.expect("by")
	var fields, names []string
	p.each(func() {
		field := p.name()
		fields, names = append(fields, field), append(names, field)
		if p.accept("as") {
			names[len(names)-1] = p.name()
		}
	})
	return func(t *table) error {
		err := t.use(fields...)
		for _, a := range columns {
			if a.of != nil {
				err = errors.Join(err, t.use(a.of.Fields()...))
			}
			err = errors.Join(err, t.define(a.name))
		}
		if err != nil {
			return err
		}
		return t.group(fields, names, columns)
	}
}

// group replaces the rows by one for each group that has the same fields: with
// those, by other names, and the aggregates.
func (t *table) group(fields, names []string, columns []aggregate) error {
	groups := map[string][]map[string]Value{}
	for _, row := range t.rows {
		key := ""
		for _, f := range fields {
			key += Text(row[f]) + "\x00"
		}
		groups[key] = append(groups[key], row)
	}
	t.rows, t.columns = nil, names
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		result := map[string]Value{}
		for i, name := range names {
			result[name] = groups[key][0][fields[i]]
		}
		for _, a := range columns {
			var err error
			if result[a.name], err = a.eval(groups[key]); err != nil {
				return err
			}
		}
		t.rows = append(t.rows, result)
	}
	for _, a := range columns {
		t.columns = append(t.columns, a.name)
	}
	t.grouped, t.made = true, map[string]bool{}
	return nil
}

func (a aggregate) eval(rows []map[string]Value) (Value, error) {
	if a.function == count {
		return float64(len(rows)), nil
	}
	var values []Value
	var newest time.Time
	var last Value
	for _, row := range rows {
		v, err := a.of.Eval(row)
		if err != nil {
			return nil, err
		}
		if at := row["@timestamp"].(time.Time); !at.Before(newest) {
			newest, last = at, v
		}
		if v != nil {
			values = append(values, v)
		}
	}
	switch {
	case a.function == latest:
		return last, nil
	case len(values) == 0:
		return nil, nil
	}
	return aggregates[a.function](values)
}

func greatest(values []Value) (Value, error) { return slices.MaxFunc(values, compare), nil }

func sumOf(values []Value) (Value, error) {
	sum := 0.0
	for _, v := range values {
		n, ok := v.(float64)
		if !ok {
			return nil, fmt.Errorf("a sum or an average of %q, which is not a number", Text(v))
		}
		sum += n
	}
	return sum, nil
}

func average(values []Value) (Value, error) {
	sum, err := sumOf(values)
	if err != nil {
		return nil, err
	}
	return sum.(float64) / float64(len(values)), nil
}
