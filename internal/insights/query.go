package insights

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Limits of CloudWatch.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
const (
	maxGroups = 50
	maxQuery  = 10000 // characters
	maxRows   = 10000
)

// A query is one that was parsed.
type query struct {
	sources  []string
	filters  []*Expr
	commands []command
	grouped  bool // a stats was read
	final    bool // a command was read after which no stats may come
}

type command func(*table) error

func (q *query) add(c command) { q.commands = append(q.commands, c) }

func parseQuery(text string) (*query, error) {
	if len(text) > maxQuery {
		return nil, fmt.Errorf("the query has %d characters, CloudWatch takes %d", len(text), maxQuery)
	}
	q := &query{}
	err := queries.parse(text, func(p *parser) {
		p.command(q)
		for p.accept("|") {
			p.command(q)
		}
	})
	switch {
	case err != nil:
		return nil, err
	case len(q.sources) == 0:
		return nil, errors.New("no SOURCE, which names the log groups, in: " + text)
	case len(q.sources) > maxGroups:
		return nil, fmt.Errorf("%d log groups, CloudWatch takes %d in a query", len(q.sources), maxGroups)
	}
	return q, nil
}

func (p *parser) command(q *query) {
	switch word := p.name(); word {
	case "SOURCE":
		if len(q.commands) > 0 {
			p.fail("SOURCE after another command")
		}
		q.sources = append(q.sources, p.text())
	case "filter":
		condition := p.condition()
		q.filters = append(q.filters, condition)
		q.add(filter(condition))
	case "fields":
		p.each(func() {
			of := p.value()
			p.expect("as")
			q.add(field(of, p.name()))
		})
	case "parse":
		q.add(p.glob())
	case "stats":
		if q.grouped || q.final {
			p.fail("stats after another stats, sort, limit or display")
		}
		q.grouped = true
		q.add(p.stats())
	case "sort":
		q.final = true
		q.add(p.sort())
	case "limit":
		q.final = true
		n, err := strconv.Atoi(p.next())
		if err != nil || n < 1 || n > maxRows {
			p.fail("limit: not a number up to %d", maxRows)
		}
		q.add(func(t *table) error {
			t.rows = t.rows[:min(len(t.rows), n)]
			return nil
		})
	case "display":
		q.final = true
		var names []string
		p.each(func() { names = append(names, p.name()) })
		q.add(func(t *table) error {
			err := t.use(names...)
			t.columns = names
			return err
		})
	default:
		p.fail("unknown command %q", word)
	}
}

func filter(condition *Expr) command {
	return func(t *table) error {
		if err := t.use(condition.Fields()...); err != nil {
			return err
		}
		var kept []map[string]Value
		for _, row := range t.rows {
			holds, err := condition.Holds(row)
			if err != nil {
				return err
			}
			if holds {
				kept = append(kept, row)
			}
		}
		t.rows = kept
		return nil
	}
}

// field adds a field with a name that no event has.
func field(of *Expr, name string) command {
	return func(t *table) error {
		if err := errors.Join(t.use(of.Fields()...), t.define(name)); err != nil {
			return err
		}
		for _, row := range t.rows {
			v, err := of.Eval(row)
			if err != nil {
				return err
			}
			row[name] = v
		}
		return nil
	}
}

// glob reads parse with a pattern: each * becomes a field.
func (p *parser) glob() command {
	from, pattern := p.name(), p.text()
	p.expect("as")
	var names []string
	p.each(func() { names = append(names, p.name()) })
	if len(names) != strings.Count(pattern, "*") {
		p.fail("parse: %d names for %q", len(names), pattern)
	}
	re := regexp.MustCompile("(?s)" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, "(.*?)") + "$")
	return func(t *table) error {
		if err := t.use(from); err != nil {
			return err
		}
		for i, name := range names {
			if err := t.define(name); err != nil {
				return err
			}
			for _, row := range t.rows {
				if m := re.FindStringSubmatch(Text(row[from])); m != nil {
					row[name] = m[i+1]
				}
			}
		}
		return nil
	}
}

func (p *parser) sort() command {
	var names []string
	descending := map[string]bool{}
	p.each(func() {
		name := p.name()
		names = append(names, name)
		if descending[name] = p.accept("desc"); !descending[name] {
			p.expect("asc")
		}
	})
	return func(t *table) error {
		if err := t.use(names...); err != nil {
			return err
		}
		slices.SortStableFunc(t.rows, func(a, b map[string]Value) int {
			for _, name := range names {
				switch order := compare(a[name], b[name]); {
				case order != 0 && descending[name]:
					return -order
				case order != 0:
					return order
				}
			}
			return 0
		})
		return nil
	}
}

// indexed returns what of the query an index on some fields can answer: the
// first filter that is, alone or joined with and, an equality on one of them.
func (q *query) indexed(fields []string) *Expr {
	for _, f := range q.filters {
		for _, e := range f.conjuncts() {
			if (e.function == "in" || e.function == "=") && slices.Contains(fields, e.args[0].field) {
				return e
			}
		}
	}
	return nil
}

func (e *Expr) conjuncts() []*Expr {
	if e.function == "and" {
		return append(e.args[0].conjuncts(), e.args[1].conjuncts()...)
	}
	return []*Expr{e}
}
