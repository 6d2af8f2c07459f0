package recording_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// All that is logged is read back as it was, in either format; and what
// else a function prints does no harm.
func FuzzFields(f *testing.F) {
	f.Add("hook", `main.f (/a b/c.go:1)`, "plain")
	f.Add("x y", "a \"b\" = c\n\t\\", `message="postinvoke: hooks finished" hooks=1e999 hooksMs=-0`)
	f.Add("", "\u2028\x00é", `{"message":{"a":[1,2]},"hooks":"3"}`)
	f.Fuzz(func(t *testing.T, key, value, line string) {
		recording.HooksIn(lambdaenv.Entry{Source: lambdaenv.Function, Kind: lambdaenv.Line, Text: line})

		if !utf8.ValidString(key) || !utf8.ValidString(value) || key == "" || key == "level" || key == "msg" ||
			key == "time" {
			return // slog writes something else
		}
		for _, newHandler := range []func(*bytes.Buffer) slog.Handler{
			func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
			func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		} {
			var b bytes.Buffer
			slog.New(newHandler(&b)).Info(record.Hooks, key, value, record.HookCount, 7)
			if key == record.HookCount {
				return
			}
			written := strings.TrimSuffix(b.String(), "\n")
			fields := recording.Fields(written)
			if fields[key] != value || recording.Message(fields) != record.Hooks {
				t.Errorf("%s: got %q, want %q", written, fields[key], value)
			}
		}
	})
}
