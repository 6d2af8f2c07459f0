package main

import (
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/postinvoke/internal/jsontext"
	"example.com/postinvoke/record"
)

// A log writes records as lambdacontext.NewLogger does in the function: one line
// each, in the function's log format. Package log/slog would add a third to the
// extension's binary.
type log struct {
	out      io.Writer
	json     bool
	level    level // the lowest that is written
	function string
}

type level int

const (
	levelInfo level = iota
	levelWarn
	levelError
)

var levelNames = [...]string{levelInfo: "INFO", levelWarn: "WARN", levelError: "ERROR"}

// A field of a record. Its value is a string, a uint64, or a time.Duration,
// which is written in milliseconds.
type field struct {
	key   string
	value any
}

// newLog returns a log with the format and level that are configured for the
// function.
func newLog(out io.Writer) *log {
	l := &log{
		out:      out,
		json:     os.Getenv("AWS_LAMBDA_LOG_FORMAT") == "JSON",
		function: os.Getenv("AWS_LAMBDA_FUNCTION_NAME"),
	}
	switch os.Getenv("AWS_LAMBDA_LOG_LEVEL") {
	case "WARN":
		l.level = levelWarn
	case "ERROR", "FATAL":
		l.level = levelError
	}
	return l
}

// problem logs why the extension cannot do its work, or a part of it.
func (l *log) problem(reason string) {
	l.write(levelError, record.ExtensionProblem, field{record.Reason, reason})
}

func (l *log) write(level level, message string, fields ...field) {
	if level < l.level {
		return
	}
	fields = append([]field{
		{"timestamp", time.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00")},
		{"level", levelNames[level]},
		{"message", message},
		{record.Function, l.function},
	}, fields...)

	var line []byte
	for i, f := range fields {
		if l.json {
			line = append(line, "{,"[min(i, 1)])
			line = append(jsontext.AppendString(line, f.key), ':')
		} else {
			if i > 0 {
				line = append(line, ' ')
			}
			line = append(append(line, f.key...), '=')
		}
		line = l.appendValue(line, f.value)
	}
	if l.json {
		line = append(line, '}')
	}
	l.out.Write(append(line, '\n')) // nowhere to report an error to
}

func (l *log) appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case uint64:
		return strconv.AppendUint(b, v, 10)
	case time.Duration:
		return strconv.AppendFloat(b, float64(v.Microseconds())/1000, 'f', -1, 64)
	case string:
		switch {
		case l.json:
			return jsontext.AppendString(b, v)
		case v == "" || strings.ContainsFunc(v, needsQuotes):
			return strconv.AppendQuote(b, v)
		}
		return append(b, v...)
	}
	panic("unknown type of field")
}

func needsQuotes(r rune) bool {
	return r <= ' ' || r == '"' || r == '=' || r == utf8.RuneError || !strconv.IsPrint(r)
}
