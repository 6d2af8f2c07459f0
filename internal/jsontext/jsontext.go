// Package jsontext is the JSON that an extension needs: encoding/json would add
// a quarter to its binary (docs/decisions/0003-an-extension-without-net-http.md).
package jsontext

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// AppendString appends s as JSON. Bytes that are not UTF-8 become U+FFFD.
func AppendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s { // range yields U+FFFD for what is not UTF-8
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// Scalars calls member with each member of a JSON object that is a string or a
// number. It reads every valid object, and rejects what is no object or is cut
// off, but does not look for other mistakes: Lambda's events are valid.
//
// A string with an escape that Go does not have, \/ or half of a surrogate pair,
// is passed as it stands in the object. No member that Lambda documents has one.
func Scalars(object string, member func(name, value string)) error {
	if !strings.HasPrefix(strings.TrimLeft(object, space), "{") {
		return errors.New("not a JSON object")
	}
	depth, name, isValue := 0, "", false
	for rest := object; ; {
		rest = strings.TrimLeft(rest, space)
		n := tokenLen(rest)
		if n == 0 {
			return errors.New("the JSON object is cut off")
		}
		token := rest[:n]
		rest = rest[n:]
		switch c := token[0]; {
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case c == ':':
			isValue = true
		case c == ',':
			isValue = false
		case depth > 1: // within the value of a member
		case !isValue:
			name = text(token)
		case c == '"' || c == '-' || c >= '0' && c <= '9': // neither null nor a bool
			member(name, text(token))
		}
		if depth > 0 {
			continue
		}
		if strings.TrimLeft(rest, space) != "" {
			return errors.New("more than a JSON object")
		}
		return nil
	}
}

const space = " \t\r\n"

// tokenLen returns the length of the token that in begins with: a mark, a
// string, a number or a literal. Zero means that it does not end.
func tokenLen(in string) int {
	const marks = "{}[]:,"
	switch {
	case in == "":
		return 0
	case in[0] == '"':
		for i := 1; i < len(in); i++ {
			switch in[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return 0
	case strings.IndexByte(marks, in[0]) >= 0:
		return 1
	}
	if end := strings.IndexAny(in, marks+space+`"`); end >= 0 {
		return end
	}
	return len(in)
}

// text returns what a token stands for.
func text(token string) string {
	if token[0] != '"' {
		return token
	}
	if s, err := strconv.Unquote(token); err == nil {
		return s
	}
	return token[1 : len(token)-1]
}
