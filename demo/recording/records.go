package recording

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// Hooks is what the library reports about the hooks of one invocation, or of the
// shutdown.
type Hooks struct {
	RequestID                  string
	Count, Failures, Abandoned int
	Ms                         float64 // from the accepted response, or the signal, until the last was over
	Unmeasured                 bool    // there is no Ms: none of them ran
}

// HooksIn returns what the entry reports about hooks, or nil.
func HooksIn(e lambdaenv.Entry) *Hooks { return hooksIn(e, record.Hooks) }

// shutdownHooksIn returns what the entry reports about hooks for the shutdown,
// or nil.
func shutdownHooksIn(e lambdaenv.Entry) *Hooks { return hooksIn(e, record.ShutdownHooks) }

func hooksIn(e lambdaenv.Entry, kind string) *Hooks {
	fields := fieldsOf(e, kind)
	if fields == nil || e.Source != lambdaenv.Function {
		return nil
	}
	_, measured := fields[record.HooksMs]
	return &Hooks{
		Unmeasured: !measured,
		RequestID:  fields[record.RequestID],
		Count:      int(Number(fields, record.HookCount)),
		Failures:   int(Number(fields, record.Failures)),
		Abandoned:  int(Number(fields, record.Abandoned)),
		Ms:         Number(fields, record.HooksMs),
	}
}

// isRecord reports whether e is a record of the library, whichever: its INFO
// records are in the log then.
func isRecord(e lambdaenv.Entry) bool {
	if e.Kind != lambdaenv.Line || e.Source != lambdaenv.Function || !strings.Contains(e.Text, "postinvoke: ") {
		return false
	}
	fields := Fields(e.Text)
	return strings.HasPrefix(Message(fields), "postinvoke: ") && fields["level"] == "INFO"
}

// isSpoilt reports whether e has a record about hooks in it that cannot be read.
func isSpoilt(e lambdaenv.Entry) bool {
	return e.Kind == lambdaenv.Line && e.Source == lambdaenv.Function && strings.Contains(e.Text, record.Hooks) && HooksIn(e) == nil
}

// fieldsOf returns the fields of a record of that kind, or nil if the entry is
// something else.
func fieldsOf(e lambdaenv.Entry, kind string) map[string]string {
	if e.Kind != lambdaenv.Line || !strings.Contains(e.Text, kind) { // to read them takes a moment
		return nil
	}
	fields := Fields(e.Text)
	if Message(fields) != kind {
		return nil
	}
	return fields
}

// isDebug reports whether e is a record of the function at the level DEBUG.
func isDebug(e lambdaenv.Entry) bool {
	return e.Source == lambdaenv.Function && e.Kind == lambdaenv.Line && strings.Contains(e.Text, "DEBUG") && Fields(e.Text)["level"] == "DEBUG"
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
		var raw map[string]json.RawMessage
		if json.Unmarshal([]byte(line), &raw) != nil {
			return nil
		}
		for k, v := range raw {
			var s string
			if json.Unmarshal(v, &s) != nil {
				s = string(v)
			}
			fields[k] = s
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
	if strings.HasPrefix(s, `"`) { // slog knows no other quotes
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
