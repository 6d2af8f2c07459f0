package insights

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A problem is why a text cannot be read, or evaluated. It is the value of a
// panic, of which catch makes an error.
type problem string

func fail(format string, args ...any) { panic(problem(fmt.Sprintf(format, args...))) }

// catch is deferred. It makes an error of a problem in the text.
func catch(text string, err *error) {
	switch p := recover().(type) {
	case nil:
	case problem:
		*err = fmt.Errorf("%s, in: %s", p, text)
	default:
		panic(p)
	}
}

// tokens are strings in quotes, numbers, names and symbols. Names of other
// characters need backticks, which are not read.
var tokens = regexp.MustCompile(`'[^']*'|"[^"]*"|[0-9]+(?:\.[0-9]+)?|[A-Za-z@][A-Za-z0-9@.]*|>=|\S`)

// A parser reads an expression, or a query.
type parser struct {
	tokens []string // those that were not read, and an empty one
	names
}

// names are those in a text.
type names struct {
	used []string // fields of events
	made []string // by the text itself
	left []string // those that stats leaves; nil before
}

// read calls do with a parser of a text, all of which it must read.
func read(text string, do func(*parser)) names {
	if !utf8.ValidString(text) {
		fail("not valid UTF-8")
	}
	p := &parser{tokens: append(tokens.FindAllString(text, -1), "")}
	do(p)
	p.expect("")
	return p.names
}

// Parse parses an expression: a condition, or a value.
func Parse(text string, condition bool) (parsed *Expr, err error) {
	defer catch(text, &err)
	var e *Expr
	names := read(text, func(p *parser) { e = p.expression(condition) })
	e.Fields = names.used
	return e, nil
}

// peek returns the next token, which is empty at the end.
func (p *parser) peek() string { return p.tokens[0] }

func (p *parser) next() string {
	t := p.peek()
	p.accept(t)
	return t
}

func (p *parser) accept(token string) bool {
	is := p.peek() == token
	if is && token != "" {
		p.tokens = p.tokens[1:]
	}
	return is
}

func (p *parser) expect(token string) {
	if !p.accept(token) {
		fail("got %q where %q was expected", p.peek(), token)
	}
}

// each calls read for each part of a list.
func (p *parser) each(read func()) {
	read()
	for p.accept(",") {
		read()
	}
}

var startOfName = regexp.MustCompile(`^[A-Za-z@]`)

func (p *parser) name() string {
	name := p.next()
	if !startOfName.MatchString(name) {
		fail("got %q where a name was expected", name)
	}
	return name
}

// field reads the name of a value that there is at this place of the text.
func (p *parser) field() string {
	name := p.name()
	switch {
	case slices.Contains(p.left, name), p.left == nil && slices.Contains(p.made, name):
	case p.left != nil:
		fail("after stats there is no %q", name)
	case name[0] == '@' && !slices.Contains([]string{"@timestamp", "@message", "@log"}, name):
		fail("unknown field %q", name)
	default:
		p.used = append(p.used, name)
	}
	return name
}

// newName reads the name of a new value.
func (p *parser) newName() string {
	name := p.name()
	if p.left != nil {
		p.left = append(p.left, name)
	} else {
		p.made = append(p.made, name)
	}
	return name
}

// constant reads a string or a number.
func (p *parser) constant() Value {
	t := p.next()
	if n, err := strconv.ParseFloat(t, 64); err == nil && !startOfName.MatchString(t) { // NaN and Inf are names
		return n
	}
	if len(t) < 2 || t[0] != '"' && t[0] != '\'' {
		fail("got %q where a string or a number was expected", t)
	}
	if strings.Contains(t, `\`) {
		fail("a backslash in %s: how that is read is not documented", t)
	}
	return t[1 : len(t)-1]
}

func (p *parser) text() string {
	v := p.constant()
	s, ok := v.(string)
	if !ok {
		fail("got %v where a string was expected", v)
	}
	return s
}

// precedence of operators: those that bind least have the least.
var precedence = map[string]int{
	"or": 1, "and": 2,
	"=": comparison, ">=": comparison, "like": comparison, "in": comparison,
	"+": sum, "-": sum, "*": 5, "/": 5,
}

const (
	comparison = 3
	sum        = 4
)

// expression reads a condition, or a value.
func (p *parser) expression(condition bool) *Expr {
	least := sum
	if condition {
		least = 1
	}
	return p.check(p.binary(least), condition)
}

// check fails if e, which was read, is not the one of value and condition that it
// has to be.
func (p *parser) check(e *Expr, condition bool) *Expr {
	kind := map[bool]string{true: "condition", false: "value"}
	if e.isCondition() != condition {
		fail("a %s is no %s, before %q", kind[!condition], kind[condition], p.peek())
	}
	return e
}

// binary reads operands joined by operators that bind as much as least, or more.
func (p *parser) binary(least int) *Expr {
	e := p.operand()
	for {
		operator := p.peek()
		binds := precedence[operator]
		if binds < least {
			return e
		}
		p.next()
		args := []*Expr{p.check(e, binds < comparison)}
		constant := func() { args = append(args, &Expr{constant: p.constant()}) }
		switch {
		case operator == "in":
			p.expect("[")
			p.each(constant)
			p.expect("]")
		case operator == "like":
			args = append(args, &Expr{constant: p.text()})
		case binds == comparison:
			constant()
		default:
			args = append(args, p.check(p.binary(binds+1), binds < comparison))
		}
		e = &Expr{function: operator, args: args}
	}
}

func (p *parser) operand() *Expr {
	if p.accept("(") {
		e := p.binary(1)
		p.expect(")")
		return e
	}
	if !startOfName.MatchString(p.peek()) {
		return &Expr{constant: p.constant()}
	}
	if p.tokens[1] != "(" {
		return &Expr{field: p.field()}
	}
	name := p.name()
	p.expect("(")
	takes, ok := arguments[name]
	if !ok {
		fail("unknown function %q", name)
	}
	var args []*Expr
	p.each(func() { args = append(args, p.expression(false)) })
	p.expect(")")
	if len(args) < takes.least || len(args) > takes.most {
		fail("%s: %d arguments", name, len(args))
	}
	return &Expr{function: name, args: args}
}
