package recording

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// Hooks is what the library reports about the hooks of one invocation, or of the
// shutdown.
type Hooks struct {
	Count         int      `json:"hooks"`
	Ms            *float64 `json:"hooksMs,omitempty"` // until the last had finished; nil if none ran
	Failures      int      `json:"failures"`
	Abandoned     int      `json:"abandoned"`
	AfterResponse bool     `json:"-"` // they could start when the response had been sent
	BeforeError   bool     `json:"-"` // the handler panicked, and they ran before the error was reported
}

// HooksIn returns what the entry reports about the hooks of an invocation, or
// nil.
func HooksIn(e lambdaenv.Entry) *Hooks { return hooksIn(e, recordIn(e), record.Hooks) }

// outcomePanic is the outcome of a handler that panicked.
const outcomePanic = "panic"

func hooksIn(e lambdaenv.Entry, fields map[string]string, message string) *Hooks {
	if Message(fields) != message || e.Source != lambdaenv.Function {
		return nil
	}
	h := &Hooks{
		Count:     int(Number(fields, record.HookCount)),
		Failures:  int(Number(fields, record.Failures)),
		Abandoned: int(Number(fields, record.Abandoned)),
	}
	if fields[record.HooksMs] != "" {
		ms := Number(fields, record.HooksMs)
		h.Ms = &ms
		h.AfterResponse = fields[record.ResponseMs] != ""
		h.BeforeError = fields[record.Outcome] == outcomePanic
	}
	return h
}

// Lost are hooks that were lost with the function's process, as the extension
// reports them.
type Lost struct {
	RequestID           string // empty for shutdown functions
	Running, NotStarted int
	Ran, Waited         []string // names; there may be fewer than hooks
}

// LostIn returns what the entry reports about hooks that were lost, or nil.
func LostIn(e lambdaenv.Entry) *Lost { return lostIn(e, recordIn(e)) }

func lostIn(e lambdaenv.Entry, fields map[string]string) *Lost {
	if Message(fields) != record.HooksLost || e.Source != lambdaenv.Extension {
		return nil
	}
	l := &Lost{
		RequestID:  fields[record.RequestID],
		Running:    int(Number(fields, record.Running)),
		NotStarted: int(Number(fields, record.NotStarted)),
	}
	l.Ran = names(fields[record.Hook], l.Running)
	l.Waited = names(fields[record.Waiting], l.NotStarted)
	return l
}

// names returns those in a list about n hooks. A name that was given to a hook may
// have a comma in it: then it is not known where one ends.
func names(list string, n int) []string {
	all := strings.Split(list, ", ")
	switch {
	case list == "":
		return nil
	case n == 1:
		return []string{list}
	case len(all) > n:
		return nil
	}
	return all
}

// Count is how many were lost.
func (l *Lost) Count() int { return l.Running + l.NotStarted }

// EnvironmentEnded reports whether the entry is the extension's record of the
// end of the environment.
func EnvironmentEnded(e lambdaenv.Entry) bool { return Message(recordIn(e)) == record.Environment }

// recordIn returns the fields of an entry that may be a record of postinvoke;
// nil for all others, as it takes a moment to read them.
func recordIn(e lambdaenv.Entry) map[string]string {
	if e.Kind != lambdaenv.Line || !strings.Contains(e.Text, "postinvoke: ") {
		return nil
	}
	return Fields(e.Text)
}

// isDebug reports whether e is a record of the function at the level DEBUG.
func isDebug(e lambdaenv.Entry) bool {
	return e.Source == lambdaenv.Function && e.Kind == lambdaenv.Line && strings.Contains(e.Text, "DEBUG") &&
		Fields(e.Text)["level"] == "DEBUG"
}

// Message is that of a record with these fields: loggers differ in its name.
func Message(fields map[string]string) string { return cmp.Or(fields["message"], fields["msg"]) }

// Number is a field that counts or measures something. What no library of ours
// would write is zero: anybody may print what looks like a record.
func Number(fields map[string]string, key string) float64 {
	const most = 1e9 // milliseconds: longer than any environment lives
	n, err := strconv.ParseFloat(fields[key], 64)
	if err != nil || !(n >= 0 && n <= most) {
		return 0
	}
	return n
}

// Fields returns the fields of a record in either log format: a JSON
// object, or key=value pairs as slog's TextHandler writes them.
func Fields(line string) map[string]string {
	fields := map[string]string{}
	if strings.HasPrefix(line, "{") {
		var object map[string]any
		if json.Unmarshal([]byte(line), &object) != nil {
			return nil
		}
		for k, v := range object {
			fields[k] = fmt.Sprint(v)
		}
		return fields
	}
	for {
		key, rest := word(strings.TrimLeft(line, " "), "=")
		rest, ok := strings.CutPrefix(rest, "=")
		if !ok {
			return fields
		}
		fields[key], line = word(rest, " ")
	}
}

// word returns what s begins with, a quoted string or what comes before the
// separator, and the rest of s.
func word(s, separator string) (word, rest string) {
	if strings.HasPrefix(s, `"`) { // slog has no other quotes
		if quoted, err := strconv.QuotedPrefix(s); err == nil {
			word, _ = strconv.Unquote(quoted)
			return word, s[len(quoted):]
		}
	}
	if i := strings.Index(s, separator); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}
