package insights

import (
	"cmp"
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
	commands []func(*table)
	final    bool // a command was read after which no stats may come
}

func (q *query) read(p *parser) {
	q.command(p)
	for p.accept("|") {
		q.command(p)
	}
	switch n := len(q.sources); {
	case n == 0:
		fail("no SOURCE, which names the log groups")
	case n > maxGroups:
		fail("%d log groups, CloudWatch takes %d in a query", n, maxGroups)
	}
}

func (q *query) command(p *parser) {
	word := p.name()
	switch {
	case word == "SOURCE" && len(q.commands) > 0:
		fail("SOURCE after another command")
	case word == "stats" && q.final:
		fail("stats after another stats, sort, limit or display")
	}
	q.final = q.final || slices.Contains([]string{"stats", "sort", "limit", "display"}, word)
	switch word {
	case "SOURCE":
		q.sources = append(q.sources, p.text())
	case "filter":
		q.filters = append(q.filters, p.expression(true))
		q.add(filter(q.filters[len(q.filters)-1]))
	case "fields":
		p.each(func() { q.add(field(p)) })
	case "parse":
		q.add(parse(p))
	case "stats":
		q.add(stats(p))
	case "sort":
		q.add(sort(p))
	case "limit":
		q.add(limit(p))
	case "display":
		q.add(display(p))
	default:
		fail("unknown command %q", word)
	}
}

func (q *query) add(command func(*table)) { q.commands = append(q.commands, command) }

func filter(condition *Expr) func(*table) {
	return func(t *table) {
		t.rows = slices.DeleteFunc(t.rows, func(row Row) bool { return condition.eval(row) != true })
	}
}

// field adds a field with a name that no event has.
func field(p *parser) func(*table) {
	of := p.expression(false)
	p.expect("as")
	name := p.newName()
	return func(t *table) {
		for _, row := range t.rows {
			row[name] = of.eval(row)
		}
	}
}

// parse takes a pattern, each * of which becomes a field.
func parse(p *parser) func(*table) {
	from, pattern := p.field(), p.text()
	p.expect("as")
	var names []string
	p.each(func() { names = append(names, p.newName()) })
	if len(names) != strings.Count(pattern, "*") {
		fail("parse: %d names for %q", len(names), pattern)
	}
	re := regexp.MustCompile("(?s)" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, "(.*?)") + "$")
	return func(t *table) {
		for i, name := range names {
			for _, row := range t.rows {
				if m := re.FindStringSubmatch(Text(row[from])); m != nil {
					row[name] = m[i+1]
				}
			}
		}
	}
}

func sort(p *parser) func(*table) {
	var names []string
	var descending []bool
	p.each(func() {
		names, descending = append(names, p.field()), append(descending, p.accept("desc"))
		if !descending[len(names)-1] {
			p.expect("asc")
		}
	})
	return func(t *table) {
		slices.SortStableFunc(t.rows, func(a, b Row) int {
			for i, name := range names {
				order := compare(a[name], b[name])
				if descending[i] {
					order = -order
				}
				if order != 0 {
					return order
				}
			}
			return 0
		})
	}
}

func limit(p *parser) func(*table) {
	n, err := strconv.Atoi(p.next())
	if err != nil || n < 1 || n > maxRows {
		fail("limit: not a number up to %d", maxRows)
	}
	return func(t *table) { t.rows = t.rows[:min(len(t.rows), n)] }
}

func display(p *parser) func(*table) {
	var names []string
	p.each(func() { names = append(names, p.field()) })
	return func(t *table) { t.columns = names }
}

// indexed returns what of the query an index on some fields can answer: the
// first filter that is, alone or joined with and, an equality on one of them.
func (q *query) indexed(fields []string) *Expr {
	for _, f := range q.filters {
		if e := f.equality(fields); e != nil {
			return e
		}
	}
	return nil
}

func (e *Expr) equality(fields []string) *Expr {
	switch {
	case e.function == "and":
		return cmp.Or(e.args[0].equality(fields), e.args[1].equality(fields))
	case (e.function == "in" || e.function == "=") && slices.Contains(fields, e.args[0].field):
		return e
	}
	return nil
}
