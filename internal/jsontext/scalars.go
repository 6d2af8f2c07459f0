package jsontext

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Scalars reads a JSON object, and calls member with each of its members that is
// a string or a number: strings as they are, numbers as they stand. Where a name
// comes twice, so does the call.
//
// It accepts what encoding/json accepts, except for what is nested more than a
// hundred levels deep.
func Scalars(object string, member func(name, value string)) error {
	p := parser{in: object}
	p.space()
	p.object(func(name string) {
		if value, ok := p.scalar(); ok {
			member(name, value)
		}
	})
	p.space()
	if p.err == "" && p.at < len(p.in) {
		p.fail("more after the end")
	}
	if p.err != "" {
		const most = 512
		return errors.New(p.err + " at byte " + strconv.Itoa(p.at) + " of " +
			strconv.Quote(object[:min(len(object), most)]))
	}
	return nil
}

// A parser reads JSON. After a failure it stays where it is.
type parser struct {
	in  string
	at  int
	err string
}

func (p *parser) fail(why string) {
	if p.err == "" {
		p.err = why
	}
}

// peek returns the next byte, or 0 at the end and after a failure.
func (p *parser) peek() byte {
	if p.err != "" || p.at >= len(p.in) {
		return 0
	}
	return p.in[p.at]
}

func (p *parser) space() {
	for c := p.peek(); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = p.peek() {
		p.at++
	}
}

// take skips white space, and then c if that is next.
func (p *parser) take(c byte) bool {
	p.space()
	if p.peek() != c {
		return false
	}
	p.at++
	return true
}

func (p *parser) want(c byte) {
	if !p.take(c) {
		p.fail("no " + strconv.QuoteRune(rune(c)))
	}
}

// object reads an object, and has member read each value.
func (p *parser) object(member func(name string)) {
	p.want('{')
	if p.take('}') {
		return
	}
	for p.err == "" {
		p.space()
		name := p.quoted()
		p.want(':')
		p.space()
		member(name)
		if !p.take(',') {
			p.want('}')
			return
		}
	}
}

// scalar reads a value of any kind, and reports whether it is a string or a
// number.
func (p *parser) scalar() (value string, ok bool) {
	switch c := p.peek(); {
	case c == '"':
		value = p.quoted()
	case c == '-' || c >= '0' && c <= '9':
		value = p.number()
	default:
		p.skip(0)
		return "", false
	}
	return value, p.err == ""
}

func (p *parser) number() string {
	start := p.at
	digits := func() {
		if c := p.peek(); c < '0' || c > '9' {
			p.fail("no value that is known")
		}
		for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
			p.at++
		}
	}
	if p.peek() == '-' {
		p.at++
	}
	if p.peek() == '0' {
		p.at++
	} else {
		digits()
	}
	if p.peek() == '.' {
		p.at++
		digits()
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.at++
		if c := p.peek(); c == '+' || c == '-' {
			p.at++
		}
		digits()
	}
	if p.err != "" {
		return ""
	}
	return p.in[start:p.at]
}

// skip reads a value of any kind.
func (p *parser) skip(depth int) {
	const deepest = 100
	if depth > deepest {
		p.fail("too deep")
		return
	}
	switch p.peek() {
	case '{':
		p.object(func(string) { p.skip(depth + 1) })
	case '[':
		p.want('[')
		if p.take(']') {
			return
		}
		for p.err == "" {
			p.space()
			p.skip(depth + 1)
			if !p.take(',') {
				p.want(']')
				return
			}
		}
	case 't':
		p.literal("true")
	case 'f':
		p.literal("false")
	case 'n':
		p.literal("null")
	case '"':
		p.quoted()
	default:
		p.number()
	}
}

func (p *parser) literal(word string) {
	if p.at+len(word) > len(p.in) || p.in[p.at:p.at+len(word)] != word {
		p.fail("no value that is known")
		return
	}
	p.at += len(word)
}

// quoted reads a string.
func (p *parser) quoted() string {
	if p.peek() != '"' {
		p.fail("no string")
		return ""
	}
	p.at++
	if end := strings.IndexFunc(p.in[p.at:], isSpecial); end >= 0 && p.in[p.at+end] == '"' {
		s := p.in[p.at:][:end]
		p.at += end + 1
		return s
	}
	var s []byte
	for {
		switch c := p.peek(); {
		case c == '"':
			p.at++
			return string([]rune(string(s))) // with U+FFFD for what is not UTF-8
		case c == '\\':
			p.at++
			s = p.escape(s)
		case c < ' ': // and at the end
			p.fail("a string does not end")
			return ""
		default:
			s = append(s, c)
			p.at++
		}
	}
}

// isSpecial reports whether a string does not stand as it is behind r.
func isSpecial(r rune) bool {
	return r == '"' || r == '\\' || r < ' ' || r == utf8.RuneError
}

// escape reads what follows a backslash.
func (p *parser) escape(s []byte) []byte {
	c := p.peek()
	if c == 0 { // the end of the text
		p.fail("an unknown escape")
		return s
	}
	p.at++
	switch c {
	case '"', '\\', '/':
		return append(s, c)
	case 'b':
		return append(s, '\b')
	case 'f':
		return append(s, '\f')
	case 'n':
		return append(s, '\n')
	case 'r':
		return append(s, '\r')
	case 't':
		return append(s, '\t')
	case 'u':
		r := p.hex4()
		if utf16.IsSurrogate(r) && p.peek() == '\\' && p.at+1 < len(p.in) && p.in[p.at+1] == 'u' {
			before := p.at
			p.at += 2
			if both := utf16.DecodeRune(r, p.hex4()); both != utf8.RuneError {
				return utf8.AppendRune(s, both)
			}
			p.at = before
		}
		return utf8.AppendRune(s, r) // U+FFFD for half a pair
	}
	p.fail("an unknown escape")
	return s
}

func (p *parser) hex4() rune {
	if p.at+4 > len(p.in) {
		p.fail("an unknown escape")
		return 0
	}
	n, err := strconv.ParseUint(p.in[p.at:p.at+4], 16, 16)
	if err != nil {
		p.fail("an unknown escape")
	}
	p.at += 4
	return rune(n)
}
