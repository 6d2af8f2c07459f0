// Package lambdalog is the one model in this module of what Lambda stores in
// CloudWatch Logs of what a function on an OS-only runtime, or an extension,
// prints. The local environment, the demo, the drawing of the dashboard and
// docs/records.md follow it. It does not depend on postinvoke.
//
// In the text format a line is stored as it is, regardless of the level. In the JSON
// format:
//
//   - A line that is a JSON object with level and a time is stored as it is, if
//     its level is that of the function or more severe.
//   - A JSON object whose level is unknown or missing, or that has no valid
//     time, counts as INFO.
//   - Any other line counts as INFO too, and is stored as
//     {"time":…,"level":"INFO","msg":"the line","requestId":…}.
//
// So at a level above INFO a function loses all that it prints without a
// level: what fmt.Println prints, aws-lambda-go's lines about errors, and the
// stack traces of the Go runtime.
//
// Levels and times: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
// The shape of the wrapped line was seen on AWS by others (github.com/bensie/lambdaerrorlevel,
// November 2023), and not by us. [Assumptions] lists what is not documented.
package lambdalog

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Assumptions are the points that AWS's documents leave open.
var Assumptions = []string{
	"Lambda finds the time of a JSON line under timestamp or time.",
	"A JSON line without a valid time is stored as it is, though Lambda adds a time to its data about it.",
	"Lambda treats the lines of an extension like those of the function.",
}

// levels are the application log levels, the least severe first.
var levels = []string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}

const (
	info         = "INFO"
	milliseconds = "2006-01-02T15:04:05.000Z" // the layout of Lambda's times
)

// severity is the place of a level. Unknown ones count as INFO, and case does
// not matter.
func severity(level string) int {
	if i := slices.Index(levels, strings.ToUpper(level)); i >= 0 {
		return i
	}
	return slices.Index(levels, info)
}

// Settings are those of a function's log.
type Settings struct {
	JSON  bool   // the log format is JSON and not Text
	Level string // the application log level; empty means INFO
}

// Keeps reports whether Lambda stores the line.
func (s Settings) Keeps(line string) bool {
	if !s.JSON {
		return true
	}
	level := info
	if fields, ok := object(line); ok {
		level = levelOf(fields)
	}
	return severity(level) >= severity(s.Level)
}

// Event returns what CloudWatch Logs has of a line that was printed at that
// time, during that invocation if any, and whether it has it at all.
func (s Settings) Event(line string, at time.Time, requestID string) (event string, kept bool) {
	if !s.Keeps(line) {
		return "", false
	}
	if _, ok := object(line); ok || !s.JSON {
		return line, true
	}
	b, err := json.Marshal(wrapped{at.UTC().Format(milliseconds), info, &line, requestID})
	if err != nil {
		panic("lambdalog: " + err.Error()) // strings marshal
	}
	return string(b), true
}

// wrapped is what Lambda makes of a line that is not a JSON object.
type wrapped struct {
	Time      string  `json:"time"`
	Level     string  `json:"level"`
	Msg       *string `json:"msg"`
	RequestID string  `json:"requestId,omitempty"`
}

// Unwrap returns the line in an event that Lambda wrapped, and the invocation
// during which it was printed, if any. An event that is not wrapped is the line.
func Unwrap(event string) (line, requestID string) {
	var w wrapped
	d := json.NewDecoder(strings.NewReader(event))
	d.DisallowUnknownFields()
	if d.Decode(&w) != nil || d.More() || w.Level != info || w.Msg == nil || !isTime(w.Time) {
		return event, ""
	}
	return *w.Msg, w.RequestID
}

// object parses a line that is a JSON object.
func object(line string) (map[string]any, bool) {
	if !strings.HasPrefix(strings.TrimLeft(line, " \t"), "{") {
		return nil, false
	}
	var fields map[string]any
	if json.Unmarshal([]byte(line), &fields) != nil {
		return nil, false
	}
	return fields, true
}

// levelOf is the level that Lambda takes a JSON line to have.
func levelOf(fields map[string]any) string {
	for _, name := range []string{"timestamp", "time"} {
		if at, ok := fields[name].(string); ok && isTime(at) {
			level, _ := fields["level"].(string)
			return level
		}
	}
	return info
}

func isTime(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}
