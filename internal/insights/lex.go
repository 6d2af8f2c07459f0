package insights

import (
	"fmt"
	"regexp"
	"strings"
)

type kind int

const (
	name kind = iota
	number
	period // as in bin(5m)
	text
	pattern // a regular expression
	symbol
)

type token struct {
	kind kind
	text string
}

var (
	// Names of other characters need backticks.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
	nameText   = regexp.MustCompile(`^[A-Za-z@][A-Za-z0-9@.]*`)
	numberText = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?`)
	periodText = regexp.MustCompile(`^[0-9]+(ms|s|m|h|d|w)\b`)
	symbolText = regexp.MustCompile(`^(!=|<=|>=|[-=<>()\[\],|+*/%])`)
)

// lex cuts a query into tokens.
func lex(query string) ([]token, error) {
	var tokens []token
	rest := query
	for {
		rest = strings.TrimLeft(rest, " \n\t")
		if rest == "" {
			return tokens, nil
		}
		add := func(k kind, text string, length int) {
			tokens = append(tokens, token{k, text})
			rest = rest[length:]
		}
		afterLike := len(tokens) > 0 && tokens[len(tokens)-1] == token{name, "like"}
		switch c := rest[0]; {
		case c == '"' || c == '\'' || c == '`' || c == '/' && afterLike:
			end := strings.IndexByte(rest[1:], c)
			if end < 0 {
				return nil, fmt.Errorf("%c is not closed", c)
			}
			inner := rest[1 : 1+end]
			if strings.Contains(inner, `\`) && c != '/' {
				return nil, fmt.Errorf("a backslash in %c%s%[1]c: how that is read is not documented", c, inner)
			}
			add(map[byte]kind{'"': text, '\'': text, '`': name, '/': pattern}[c], inner, end+2)
		default:
			switch {
			case periodText.MatchString(rest):
				m := periodText.FindString(rest)
				add(period, m, len(m))
			case numberText.MatchString(rest):
				m := numberText.FindString(rest)
				add(number, m, len(m))
			case nameText.MatchString(rest):
				m := nameText.FindString(rest)
				add(name, m, len(m))
				if rest != "" && (rest[0] == '_') {
					return nil, fmt.Errorf("the name %s_… needs backticks", m)
				}
			case symbolText.MatchString(rest):
				m := symbolText.FindString(rest)
				add(symbol, m, len(m))
			default:
				return nil, fmt.Errorf("unknown character %q", c)
			}
		}
	}
}
