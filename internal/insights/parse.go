package insights

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// tokens are strings in quotes, numbers, names and symbols. Names of other
// characters need backticks, which are not read.
var tokens = regexp.MustCompile(`'[^']*'|"[^"]*"|[0-9]+(?:\.[0-9]+)?|(?:\$\.)?[A-Za-z@][A-Za-z0-9@.]*|&&|\|\||>=|\S`)

// A parser reads an expression, or a query. A text that it cannot read ends it
// with a panic of a syntaxError.
type parser struct {
	language *Language
	tokens   []string
}

type syntaxError string

// parse calls read with a parser of a text in the language, all of which it must
// read.
func (l *Language) parse(text string, read func(*parser)) (err error) {
	if !utf8.ValidString(text) {
		return fmt.Errorf("not valid UTF-8: %q", text)
	}
	p := &parser{l, tokens.FindAllString(text, -1)}
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case syntaxError:
			err = fmt.Errorf("%s, in: %s", problem, text)
		default:
			panic(problem)
		}
	}()
	read(p)
	p.expect("")
	return nil
}

// Parse parses an expression.
func (l *Language) Parse(text string) (*Expr, error) {
	var e *Expr
	if err := l.parse(text, func(p *parser) { e = p.condition() }); err != nil {
		return nil, err
	}
	return e, nil
}

func (p *parser) fail(format string, args ...any) { panic(syntaxError(fmt.Sprintf(format, args...))) }

// peek returns the next token, which is empty at the end.
func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) accept(token string) bool {
	if p.peek() != token {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(token string) {
	if !p.accept(token) {
		p.fail("got %q where %q was expected", p.peek(), token)
	}
}

// each calls read for each part of a list.
func (p *parser) each(read func()) {
	read()
	for p.accept(",") {
		read()
	}
}

func isName(token string) bool {
	return token != "" && strings.Trim(token[:1], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@$") == ""
}

func (p *parser) name() string {
	t := p.next()
	name, ok := strings.CutPrefix(t, p.language.prefix)
	if !ok || !isName(name) || name[0] == '$' {
		p.fail("got %q where a name was expected", t)
	}
	return name
}

// constant reads a string or a number.
func (p *parser) constant() Value {
	t := p.next()
	if n, err := strconv.ParseFloat(t, 64); err == nil && !isName(t) { // NaN and Inf are names
		return n
	}
	if len(t) < 2 || t[0] != '"' && t[0] != '\'' {
		p.fail("got %q where a string or a number was expected", t)
	}
	if strings.Contains(t, `\`) {
		p.fail("a backslash in %s: how that is read is not documented", t)
	}
	return t[1 : len(t)-1]
}

func (p *parser) text() string {
	v := p.constant()
	s, ok := v.(string)
	if !ok {
		p.fail("got %v where a string was expected", v)
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

func (p *parser) condition() *Expr { return p.binary(1) }
func (p *parser) value() *Expr     { return p.binary(sum) }

// binary reads operands joined by operators that bind as much as least, or more.
func (p *parser) binary(least int) *Expr {
	e := p.operand()
	for {
		operator := p.language.operators[p.peek()]
		binds := precedence[operator]
		if binds < least {
			return e
		}
		p.next()
		args := []*Expr{e}
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
			args = append(args, p.binary(binds+1))
		}
		e = &Expr{function: operator, args: args}
	}
}

func (p *parser) operand() *Expr {
	if p.accept("(") {
		e := p.condition()
		p.expect(")")
		return e
	}
	if !isName(p.peek()) {
		return &Expr{constant: p.constant()}
	}
	name := p.name()
	if !p.accept("(") {
		return &Expr{field: name}
	}
	if !slices.Contains(p.language.functions, name) {
		p.fail("unknown function %q", name)
	}
	var args []*Expr
	p.each(func() { args = append(args, p.value()) })
	p.expect(")")
	if f := functions[name]; len(args) < f.least || len(args) > f.most {
		p.fail("%s: %d arguments", name, len(args))
	}
	return &Expr{function: name, args: args}
}
