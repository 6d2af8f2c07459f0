package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// There is no parser of CloudWatch Logs Insights queries outside of AWS. This
// one knows the part of the language that the dashboard uses, refuses what it
// does not know, and holds a query to the rules that only CloudWatch would
// enforce otherwise: at the moment somebody opens the dashboard.

// check returns what is wrong with a query on these records. view is that of
// its widget.
func check(query, view string, known records) []string {
	c := &checker{columns: map[string]bool{}}
	for name := range strings.FieldsSeq("@timestamp @message @logStream @log @ingestionTime @entity") {
		c.columns[name] = true
	}
	seen := map[string]bool{}
	for _, r := range known {
		seen[fmt.Sprint(r["message"])] = true
	}

	commands := split(query)
	// What follows a filter on messages can only name fields of such records.
	for _, command := range commands {
		for _, message := range messagesOf(command) {
			if !seen[message] {
				c.complain("no record has the message %q", message)
			}
		}
		if messages := messagesOf(command); messages != nil {
			known = slices.DeleteFunc(slices.Clone(known), func(r map[string]any) bool {
				return !slices.Contains(messages, fmt.Sprint(r["message"]))
			})
		}
	}
	for _, r := range known {
		for name := range r {
			c.columns[name] = true
		}
	}

	for _, command := range commands {
		c.command(command)
	}
	c.order(commands)
	if view == "timeSeries" && !regexp.MustCompile(` by bin\(\w+\)$`).MatchString(c.lastStats) {
		c.complain("a chart over time needs stats … by bin() alone, got %q", c.lastStats)
	}
	return c.mistakes
}

// split cuts a query at its pipes, which may also stand in strings.
func split(query string) []string {
	var commands []string
	for _, match := range regexp.MustCompile(`(?s)(?:"[^"]*"|'[^']*'|[^|"'])+`).FindAllString(query, -1) {
		commands = append(commands, strings.TrimSpace(match))
	}
	return commands
}

// messagesOf returns the messages that a command filters for, if it does.
func messagesOf(command string) []string {
	list := regexp.MustCompile(`^filter message in \[("[^"]*"(?:, "[^"]*")*)\]$`).FindStringSubmatch(command)
	if list == nil {
		return nil
	}
	var messages []string
	for _, match := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(list[1], -1) {
		messages = append(messages, match[1])
	}
	return messages
}

type checker struct {
	columns   map[string]bool // that exist at this point of the query
	lastStats string
	mistakes  []string
}

func (c *checker) complain(format string, args ...any) {
	c.mistakes = append(c.mistakes, fmt.Sprintf(format, args...))
}

// functions that queries may call, with the numbers of arguments that each may
// have at least and at most.
var functions = map[string][2]int{
	"coalesce": {2, 99}, "concat": {2, 99}, "pct": {2, 2}, "bin": {1, 1}, "count": {0, 1},
	"max": {1, 1}, "min": {1, 1}, "avg": {1, 1}, "sum": {1, 1},
	"latest": {1, 1}, "earliest": {1, 1}, "sortsFirst": {1, 1}, "sortsLast": {1, 1},
}

// keywords are the words that are not names of fields.
var keywords = strings.Fields("as by in like and or not asc desc")

// tokens are strings, names in backticks, numbers, names with anything that
// may belong to one, and all else, a character at a time.
var tokens = regexp.MustCompile("\"[^\"]*\"|`[^`]*`|[0-9]+[a-z]*|[\\w@.-]+|\\S")

func (c *checker) command(command string) {
	word, rest, _ := strings.Cut(command, " ")
	switch word {
	case "SOURCE":
		return
	case "filter", "fields", "stats", "sort", "display", "parse":
	case "limit":
		if n, err := strconv.Atoi(rest); err != nil || n < 1 || n > 10000 {
			c.complain("limit %s: not a number up to 10000", rest)
		}
		return
	default:
		c.complain("unknown command %q", word)
		return
	}

	made := map[string]bool{} // columns of this command
	words := tokens.FindAllString(rest, -1)
	if word == "filter" && slices.Contains(words, "message") && messagesOf(command) == nil {
		c.complain(`a filter on message other than message in ["…"]: %s`, command)
	}
	c.brackets(words)
	for i, token := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		name := strings.Trim(token, "`")
		switch {
		case !regexp.MustCompile("^[A-Za-z_@`]").MatchString(token), slices.Contains(keywords, token):
		case next == "(":
			if _, ok := functions[token]; !ok {
				c.complain("unknown function %q", token)
			}
			if token == "bin" && i+2 < len(words) {
				c.period(words[i+2])
			}
		case i > 0 && words[i-1] == "as", word == "parse" && slices.Contains(words[:i], "as"):
			made[name] = true
			fallthrough
		default:
			if token == name && !regexp.MustCompile(`^[A-Za-z0-9@.]+$`).MatchString(name) {
				c.complain("%q needs backticks", name)
			}
			if !c.columns[name] && !made[name] {
				c.complain("no record has the field %q", name)
			}
		}
	}
	if word == "stats" {
		c.lastStats = command
		c.columns = made // and what it is grouped by
		_, by, _ := strings.Cut(rest, " by ")
		for _, name := range tokens.FindAllString(by, -1) {
			made[name] = true
		}
	}
	for name := range made {
		c.columns[name] = true
	}
}

// brackets checks that each is closed, and what the functions are called with.
func (c *checker) brackets(words []string) {
	type open struct {
		bracket, function string
		arguments         int
	}
	closing := map[string]string{"(": ")", "[": "]"}
	var all []open
	for i, token := range words {
		switch token {
		case "(", "[":
			o := open{bracket: token}
			if i > 0 && token == "(" {
				o.function = words[i-1]
			}
			if i+1 < len(words) && words[i+1] != closing[token] {
				o.arguments = 1
			}
			all = append(all, o)
		case ",":
			if len(all) > 0 {
				all[len(all)-1].arguments++
			}
		case ")", "]":
			if len(all) == 0 || closing[all[len(all)-1].bracket] != token {
				c.complain("brackets that do not match: %s", strings.Join(words, " "))
				return
			}
			o := all[len(all)-1]
			all = all[:len(all)-1]
			if want, ok := functions[o.function]; ok && (o.arguments < want[0] || o.arguments > want[1]) {
				c.complain("%s: %d arguments", o.function, o.arguments)
			}
		}
	}
	if len(all) > 0 {
		c.complain("brackets that do not match: %s", strings.Join(words, " "))
	}
}

// period checks the argument of bin.
func (c *checker) period(text string) {
	number := strings.TrimRight(text, "smhd")
	n, err := strconv.Atoi(number)
	caps := map[string]int{"s": 60, "m": 60, "h": 24, "d": 31}
	if most, ok := caps[text[len(number):]]; err != nil || !ok || n < 1 || n > most {
		c.complain("bin(%s): not a period that CloudWatch has", text)
	}
}

// order checks which commands may follow which.
func (c *checker) order(commands []string) {
	stats, last, sources := 0, -1, 0
	for i, command := range commands {
		switch word, _, _ := strings.Cut(command, " "); {
		case word == "SOURCE":
			if sources++; i != sources-1 {
				c.complain("SOURCE after another command")
			}
		case word == "stats":
			stats, last = stats+1, i
		}
	}
	if sources == 0 {
		c.complain("no SOURCE: which log groups?")
	}
	if stats > 2 {
		c.complain("%d stats: at most two are allowed", stats)
	}
	for i, command := range commands {
		if word, _, _ := strings.Cut(command, " "); i < last && (word == "sort" || word == "limit") {
			c.complain("%s before stats", word)
		}
	}
}
