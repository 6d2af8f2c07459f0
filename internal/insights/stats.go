package insights

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// stats aggregates rows by groups.
type stats struct {
	columns []aggregate
	groups  []group
}

// An aggregate is a value of a group of rows.
type aggregate struct {
	function string
	of       *Expr
	name     string
}

// A group is by the values of a field.
type group struct{ field, name string }

// aggregates are functions of the values that the rows of a group have.
var aggregates = map[string]func([]Value) (Value, error){
	"sum":       total,
	"avg":       average,
	"max":       func(values []Value) (Value, error) { return slices.MaxFunc(values, compare), nil },
	"sortsLast": func(values []Value) (Value, error) { return slices.MaxFunc(values, compare), nil },
}

// Two functions are not of values.
const (
	count  = "count"  // of the rows
	latest = "latest" // of the row that is
)

func (p *parser) stats() stats {
	var s stats
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
		s.columns = append(s.columns, a)
	})
	p.expect("by")
	p.each(func() {
		field := p.name()
		g := group{field, field}
		if p.accept("as") {
			g.name = p.name()
		}
		s.groups = append(s.groups, g)
	})
	return s
}

func (s stats) run(t *table) error {
	var columns []string
	for _, g := range s.groups {
		if err := t.use(g.field); err != nil {
			return err
		}
		columns = append(columns, g.name)
	}
	for _, a := range s.columns {
		if a.of != nil {
			if err := t.use(a.of.Fields()...); err != nil {
				return err
			}
		}
		if err := t.define(a.name); err != nil {
			return err
		}
		columns = append(columns, a.name)
	}
	rows := map[string][]map[string]Value{}
	for _, row := range t.rows {
		key := ""
		for _, g := range s.groups {
			key += Text(row[g.field]) + "\x00"
		}
		rows[key] = append(rows[key], row)
	}
	t.rows = nil
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		result := map[string]Value{}
		for _, g := range s.groups {
			result[g.name] = rows[key][0][g.field]
		}
		for _, a := range s.columns {
			var err error
			if result[a.name], err = a.eval(rows[key]); err != nil {
				return err
			}
		}
		t.rows = append(t.rows, result)
	}
	t.columns, t.grouped, t.made = columns, true, map[string]bool{}
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

func total(values []Value) (Value, error) {
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
	sum, err := total(values)
	if err != nil {
		return nil, err
	}
	return sum.(float64) / float64(len(values)), nil
}
