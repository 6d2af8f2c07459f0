package insights

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

type filter struct{ of expr }

func (c filter) run(s *state) error {
	if err := s.known(c.of.names()...); err != nil {
		return err
	}
	var kept []map[string]Value
	for _, row := range s.rows {
		v, err := c.of.eval(&env{row})
		if err != nil {
			return err
		}
		if truth(v) {
			kept = append(kept, row)
		}
	}
	s.rows = kept
	return nil
}

type fields struct{ list []named }

func (c fields) run(s *state) error {
	for _, n := range c.list {
		if err := s.known(n.of.names()...); err != nil {
			return err
		}
		if f, ok := n.of.(field); ok && f.name == n.name {
			continue
		}
		if err := s.define(n.name); err != nil {
			return err
		}
		for _, row := range s.rows {
			v, err := n.of.eval(&env{row})
			if err != nil {
				return err
			}
			row[n.name] = v
		}
		if s.closed && !slices.Contains(s.columns, n.name) {
			s.columns = append(s.columns, n.name)
		}
	}
	return nil
}

type display struct{ list []named }

func (c display) run(s *state) error {
	var columns []string
	for _, n := range c.list {
		if err := s.known(n.name); err != nil {
			return err
		}
		columns = append(columns, n.name)
	}
	s.columns = columns
	return nil
}

type parseGlob struct {
	from  string
	re    *regexp.Regexp
	names []string
}

func (c parseGlob) run(s *state) error {
	if err := s.known(c.from); err != nil {
		return err
	}
	for i, n := range c.names {
		if err := s.define(n); err != nil {
			return err
		}
		for _, row := range s.rows {
			if m := c.re.FindStringSubmatch(Text(row[c.from])); m != nil {
				row[n] = m[i+1]
			}
		}
	}
	return nil
}

type sortKey struct {
	name       string
	descending bool
}

type sortBy struct{ keys []sortKey }

func (c sortBy) run(s *state) error {
	for _, k := range c.keys {
		if err := s.known(k.name); err != nil {
			return err
		}
	}
	slices.SortStableFunc(s.rows, func(a, b map[string]Value) int {
		for _, k := range c.keys {
			order := compare(a[k.name], b[k.name])
			if k.descending {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
	return nil
}

type limit struct{ most int }

func (c limit) run(s *state) error {
	s.rows = s.rows[:min(len(s.rows), c.most)]
	return nil
}

// check holds a query to the rules about its commands.
func (q *query) check() error {
	switch {
	case len(q.sources) == 0:
		return errors.New("no SOURCE: which log groups?")
	case len(q.sources) > maxGroups:
		return fmt.Errorf("%d log groups, CloudWatch takes %d in a query", len(q.sources), maxGroups)
	}
	count, last := 0, -1
	for i, c := range q.commands {
		if _, ok := c.(stats); ok {
			count, last = count+1, i
		}
	}
	if count > maxStats {
		return fmt.Errorf("%d stats: at most %d are allowed", count, maxStats)
	}
	for i, c := range q.commands {
		switch c.(type) {
		case sortBy, limit, display:
			if i < last {
				return fmt.Errorf("%T before stats", c)
			}
		}
	}
	return nil
}

// indexed returns what of the query an index on some fields can answer: the
// first filter that is, alone or joined with and, an equality on one of them.
func (q *query) indexed() func(fields []string) expr {
	return func(fields []string) expr {
		for _, c := range q.commands {
			f, ok := c.(filter)
			if !ok {
				continue
			}
			for _, e := range conjuncts(f.of) {
				c, ok := e.(call)
				if !ok || c.function != "in" && c.function != "=" || !constant(c.args[1:]) {
					continue
				}
				if of, ok := c.args[0].(field); ok && slices.Contains(fields, of.name) {
					return e
				}
			}
		}
		return nil
	}
}

func conjuncts(e expr) []expr {
	if c, ok := e.(call); ok && c.function == "and" {
		return append(conjuncts(c.args[0]), conjuncts(c.args[1])...)
	}
	return []expr{e}
}

func constant(all []expr) bool {
	return !slices.ContainsFunc(all, func(e expr) bool { _, ok := e.(literal); return !ok })
}
