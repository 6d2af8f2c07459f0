package insights

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Limits of CloudWatch.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
const (
	maxGroups = 50
	maxQuery  = 10000 // characters
	maxStats  = 2
	maxRows   = 10000
)

type query struct {
	sources  []string
	commands []command
}

type command interface{ run(*state) error }

type parser struct {
	tokens []token
	q      query
}

func parse(text string) (*query, error) {
	if len(text) > maxQuery {
		return nil, fmt.Errorf("the query has %d characters, CloudWatch takes %d", len(text), maxQuery)
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, fmt.Errorf("%w, in: %s", err, text)
	}
	p := &parser{tokens: tokens}
	for {
		if err := p.command(); err != nil {
			return nil, fmt.Errorf("%w, in: %s", err, text)
		}
		if len(p.tokens) == 0 {
			break
		}
		if err := p.expect("|"); err != nil {
			return nil, fmt.Errorf("%w, in: %s", err, text)
		}
	}
	if err := p.q.check(); err != nil {
		return nil, fmt.Errorf("%w, in: %s", err, text)
	}
	return &p.q, nil
}

// peek returns the next token, or one of no kind at the end.
func (p *parser) peek() token {
	if len(p.tokens) == 0 {
		return token{symbol, ""}
	}
	return p.tokens[0]
}

func (p *parser) next() token {
	t := p.peek()
	if len(p.tokens) > 0 {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept takes the next token if it is that word or symbol.
func (p *parser) accept(words ...string) bool {
	rest := p.tokens
	for _, word := range words {
		if t := p.next(); t.text != word || t.kind != name && t.kind != symbol {
			p.tokens = rest
			return false
		}
	}
	return true
}

func (p *parser) expect(word string) error {
	if !p.accept(word) {
		return fmt.Errorf("got %q where %q was expected", p.peek().text, word)
	}
	return nil
}

func (p *parser) take(k kind, what string) (string, error) {
	if t := p.next(); t.kind == k && t.text != "" {
		return t.text, nil
	} else {
		return "", fmt.Errorf("got %q where %s was expected", t.text, what)
	}
}

func (p *parser) command() error {
	word, err := p.take(name, "a command")
	if err != nil {
		return err
	}
	switch word {
	case "SOURCE":
		group, err := p.take(text, "a log group")
		if len(p.q.commands) > 0 {
			return fmt.Errorf("SOURCE after another command")
		}
		p.q.sources = append(p.q.sources, group)
		return err
	case "filter":
		e, err := p.or()
		return p.add(filter{e}, err)
	case "fields":
		list, err := p.list(true)
		return p.add(fields{list}, err)
	case "display":
		list, err := p.list(false)
		return p.add(display{list}, err)
	case "parse":
		return p.parse()
	case "stats":
		return p.stats()
	case "sort":
		return p.sort()
	case "limit":
		n, err := p.take(number, "a number")
		if err != nil {
			return err
		}
		most, err := strconv.Atoi(n)
		if err != nil || most < 1 || most > maxRows {
			return fmt.Errorf("limit %s: not a number up to %d", n, maxRows)
		}
		return p.add(limit{most}, nil)
	}
	return fmt.Errorf("unknown command %q", word)
}

func (p *parser) add(c command, err error) error {
	p.q.commands = append(p.q.commands, c)
	return err
}

// A named expression has an alias, or is a field.
type named struct {
	of   expr
	name string
}

// list is that of fields and display, the latter of names only.
func (p *parser) list(expressions bool) ([]named, error) {
	var all []named
	for {
		e, err := p.sum()
		if err != nil {
			return nil, err
		}
		f, isField := e.(field)
		n := named{e, f.name}
		switch {
		case expressions && p.accept("as"):
			if n.name, err = p.take(name, "a name"); err != nil {
				return nil, err
			}
		case !isField:
			return nil, fmt.Errorf("an expression without a name")
		}
		all = append(all, n)
		if !p.accept(",") {
			return all, nil
		}
	}
}

// parse is the command of that name, with a glob.
func (p *parser) parse() error {
	from, err := p.take(name, "a field")
	if err != nil {
		return err
	}
	glob, err := p.take(text, "a pattern with *")
	if err != nil {
		return err
	}
	if err := p.expect("as"); err != nil {
		return err
	}
	c := parseGlob{from: from, re: regexp.MustCompile("(?s)" + strings.ReplaceAll(regexp.QuoteMeta(glob), `\*`, "(.*?)") + "$")}
	for {
		n, err := p.take(name, "a name")
		if err != nil {
			return err
		}
		c.names = append(c.names, n)
		if !p.accept(",") {
			break
		}
	}
	if len(c.names) != strings.Count(glob, "*") {
		return fmt.Errorf("parse: %d names for %q", len(c.names), glob)
	}
	return p.add(c, nil)
}

func (p *parser) sort() error {
	var c sortBy
	for {
		n, err := p.take(name, "a field")
		if err != nil {
			return err
		}
		descending := p.accept("desc")
		if !descending {
			if err := p.expect("asc"); err != nil {
				return err
			}
		}
		c.keys = append(c.keys, sortKey{n, descending})
		if !p.accept(",") {
			return p.add(c, nil)
		}
	}
}

// Expressions, from what binds least to what binds most.

func (p *parser) or() (expr, error) {
	return p.left(p.and, "or")
}

func (p *parser) and() (expr, error) {
	return p.left(p.not, "and")
}

func (p *parser) left(operand func() (expr, error), operators ...string) (expr, error) {
	e, err := operand()
	for err == nil {
		operator := p.peek().text
		if !accepts(p, operators) {
			return e, nil
		}
		var other expr
		other, err = operand()
		e = call{operator, []expr{e, other}}
	}
	return nil, err
}

func accepts(p *parser, words []string) bool {
	for _, word := range words {
		if p.accept(word) {
			return true
		}
	}
	return false
}

func (p *parser) not() (expr, error) {
	if p.accept("not") {
		e, err := p.not()
		return call{"not", []expr{e}}, err
	}
	return p.comparison()
}

func (p *parser) comparison() (expr, error) {
	e, err := p.sum()
	if err != nil {
		return nil, err
	}
	negated := p.accept("not")
	operator := p.peek().text
	var result expr
	switch {
	case p.accept("like"):
		switch t := p.next(); t.kind {
		case text:
			result = call{"like", []expr{e, literal{t.text}}}
		case pattern:
			re, err := regexp.Compile(t.text)
			if err != nil {
				return nil, err
			}
			result = matches{e, re}
		default:
			return nil, fmt.Errorf("like %q: a string or /regular expression/ was expected", t.text)
		}
	case p.accept("in"):
		if err := p.expect("["); err != nil {
			return nil, err
		}
		args := []expr{e}
		for {
			a, err := p.sum()
			if err != nil {
				return nil, err
			}
			args = append(args, a)
			if !p.accept(",") {
				break
			}
		}
		if err := p.expect("]"); err != nil {
			return nil, err
		}
		result = call{"in", args}
	case negated:
		return nil, fmt.Errorf("not without like or in")
	case accepts(p, []string{"=", "!=", "<=", ">=", "<", ">"}):
		other, err := p.sum()
		return call{operator, []expr{e, other}}, err
	default:
		return e, nil
	}
	if negated {
		result = call{"not", []expr{result}}
	}
	return result, nil
}

func (p *parser) sum() (expr, error)     { return p.left(p.product, "+", "-") }
func (p *parser) product() (expr, error) { return p.left(p.primary, "*", "/") }

func (p *parser) primary() (expr, error) {
	t := p.next()
	switch {
	case t.kind == text:
		return literal{t.text}, nil
	case t.kind == number:
		n, err := strconv.ParseFloat(t.text, 64)
		return literal{n}, err
	case t == token{symbol, "("}:
		e, err := p.or()
		if err != nil {
			return nil, err
		}
		return e, p.expect(")")
	case t.kind != name:
		return nil, fmt.Errorf("got %q where a value was expected", t.text)
	case !p.accept("("):
		return field{t.text}, nil
	}
	var args []expr
	for !p.accept(")") {
		if len(args) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		a, err := p.or()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
	}
	return call{t.text, args}, checkCall(t.text, len(args))
}
