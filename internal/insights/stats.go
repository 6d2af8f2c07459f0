package insights

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stats aggregates rows by groups.
type stats struct {
	columns []aggregate
	groups  []group
}

type aggregate struct {
	function string
	of       expr // nil for count(*)
	name     string
}

// A group is a key: a field or a period of time.
type group struct {
	of   expr
	name string
}

// bin is a period of @timestamp.
type bin struct{ size time.Duration }

func (b bin) eval(e *env) (Value, error) {
	at, ok := e.fields["@timestamp"].(time.Time)
	if !ok {
		return nil, fmt.Errorf("bin without @timestamp")
	}
	return at.Truncate(b.size), nil
}
func (b bin) names() []string { return []string{"@timestamp"} }

// The periods that bin takes, with the most of each.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
var periods = map[string]struct {
	unit time.Duration
	most int
}{"s": {time.Second, 60}, "m": {time.Minute, 60}, "h": {time.Hour, 24}}

func (p *parser) stats() error {
	var c stats
	for {
		a, err := p.aggregate()
		if err != nil {
			return err
		}
		c.columns = append(c.columns, a)
		if !p.accept(",") {
			break
		}
	}
	if !p.accept("by") {
		return p.add(c, nil)
	}
	for {
		g, err := p.group()
		if err != nil {
			return err
		}
		c.groups = append(c.groups, g)
		if !p.accept(",") {
			return p.add(c, nil)
		}
	}
}

func (p *parser) aggregate() (aggregate, error) {
	function, err := p.take(name, "a function of many values")
	if err != nil {
		return aggregate{}, err
	}
	if _, ok := aggregates[function]; !ok {
		return aggregate{}, fmt.Errorf("unknown function %q in stats", function)
	}
	a := aggregate{function: function}
	if err := p.expect("("); err != nil {
		return a, err
	}
	if function != "count" || !p.accept("*") {
		if a.of, err = p.sum(); err != nil {
			return a, err
		}
	}
	if err := p.expect(")"); err != nil {
		return a, err
	}
	if err := p.expect("as"); err != nil {
		return a, fmt.Errorf("%s without a name: %w", function, err)
	}
	a.name, err = p.take(name, "a name")
	return a, err
}

func (p *parser) group() (group, error) {
	n, err := p.take(name, "a field")
	if err != nil {
		return group{}, err
	}
	g := group{field{n}, n}
	if n == "bin" && p.accept("(") {
		size, err := p.take(period, "a period")
		if err != nil {
			return g, err
		}
		count := strings.TrimRight(size, "smhdw")
		unit, ok := periods[size[len(count):]]
		times, err := strconv.Atoi(count)
		if err != nil || !ok || times < 1 || times > unit.most {
			return g, fmt.Errorf("bin(%s): not a period that is known here", size)
		}
		g = group{bin{time.Duration(times) * unit.unit}, "bin(" + size + ")"}
		if err := p.expect(")"); err != nil {
			return g, err
		}
	}
	if p.accept("as") {
		g.name, err = p.take(name, "a name")
	}
	return g, err
}

// aggregates are functions of the values that a group has.
var aggregates = map[string]func([]Value) Value{
	"count":     func(values []Value) Value { return float64(len(values)) },
	"sum":       func(values []Value) Value { return total(values) },
	"avg":       average,
	"max":       func(values []Value) Value { return extreme(values, 1) },
	"min":       func(values []Value) Value { return extreme(values, -1) },
	"sortsLast": func(values []Value) Value { return extreme(values, 1) },
	"latest":    nil, // needs the rows
}

func total(values []Value) Value {
	sum, any := 0.0, false
	for _, v := range values {
		if n, ok := toNumber(v); ok {
			sum, any = sum+n, true
		}
	}
	if !any {
		return nil
	}
	return sum
}

func average(values []Value) Value {
	if sum, ok := total(values).(float64); ok {
		return sum / float64(len(values))
	}
	return nil
}

func extreme(values []Value, sign int) Value {
	var most Value
	for _, v := range values {
		if most == nil || sign*compare(v, most) > 0 {
			most = v
		}
	}
	return most
}

func (c stats) run(s *state) error {
	var columns []string
	for _, g := range c.groups {
		if err := s.known(g.of.names()...); err != nil {
			return err
		}
		columns = append(columns, g.name)
	}
	for _, a := range c.columns {
		if a.of != nil {
			if err := s.known(a.of.names()...); err != nil {
				return err
			}
		}
		if err := s.define(a.name); err != nil {
			return err
		}
		columns = append(columns, a.name)
	}
	rows := map[string][]map[string]Value{}
	heads := map[string]map[string]Value{}
	for _, row := range s.rows {
		head, key := map[string]Value{}, ""
		for _, g := range c.groups {
			v, err := g.of.eval(&env{row})
			if err != nil {
				return err
			}
			head[g.name] = v
			key += Text(v) + "\x00"
		}
		heads[key] = head
		rows[key] = append(rows[key], row)
	}
	var result []map[string]Value
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		head := heads[key]
		for _, a := range c.columns {
			v, err := a.over(rows[key])
			if err != nil {
				return err
			}
			head[a.name] = v
		}
		result = append(result, head)
	}
	s.rows, s.columns, s.closed, s.defined = result, columns, true, nil
	return nil
}

func (a aggregate) over(rows []map[string]Value) (Value, error) {
	if a.of == nil {
		return float64(len(rows)), nil
	}
	var values []Value
	var latest time.Time
	var last Value
	for _, row := range rows {
		v, err := a.of.eval(&env{row})
		if err != nil {
			return nil, err
		}
		if at, ok := row["@timestamp"].(time.Time); ok && !at.Before(latest) {
			latest, last = at, v
		}
		if v != nil {
			values = append(values, v)
		}
	}
	if a.function == "latest" {
		return last, nil
	}
	return aggregates[a.function](values), nil
}

// series reports whether the query gives points in time.
func (q *query) series() bool {
	for _, c := range slices.Backward(q.commands) {
		if c, ok := c.(stats); ok {
			if len(c.groups) != 1 {
				return false
			}
			_, isBin := c.groups[0].of.(bin)
			return isBin
		}
	}
	return false
}
