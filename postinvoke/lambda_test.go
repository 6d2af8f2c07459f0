package postinvoke_test

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
	"example.com/postinvoke/record"
)

// firstHandler keeps results of the first handler.
var firstHandler collector

// TestMain wraps the first handler, whose logger gets the records of the process.
// Tests over processes mostly wait, so that many can run at once on few processors.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	register(nil, firstHandler.observer())
	os.Exit(m.Run())
}

// bothWays runs a test of what must be the same with the layer and without it. It is
// parallel to all others over processes of their own.
func bothWays(t *testing.T, test func(t *testing.T, cfg lambdaenv.Config)) {
	t.Parallel()
	cfg := lambdaenv.Config{LogFormat: lambdaenv.JSON}
	t.Run("without the layer", func(t *testing.T) {
		t.Parallel()
		test(t, cfg)
	})
	t.Run("with the layer", func(t *testing.T) {
		t.Parallel()
		cfg := cfg
		cfg.Extensions = []string{lambdaenvtest.Build(t, "extension")}
		test(t, cfg)
	})
}

// startScenarios starts the program in testdata/scenarios.
func startScenarios(t *testing.T, cfg lambdaenv.Config) *lambdaenvtest.Env {
	cfg.Function = lambdaenvtest.Build(t, "postinvoke/testdata/scenarios")
	return lambdaenvtest.Start(t, cfg)
}

func do(scenario string) string { return `{"do":"` + scenario + `"}` }

// printed returns the lines the function printed in an invocation, or outside
// of any if requestID is empty, except records.
func printed(env *lambdaenvtest.Env, requestID string) []string {
	var lines []string
	for _, e := range env.Entries() {
		isLine := e.Kind == lambdaenv.Line && e.Source == lambdaenv.Function && e.RequestID == requestID
		if isLine && !strings.HasPrefix(e.Text, "{") {
			lines = append(lines, e.Text)
		}
	}
	return lines
}

// A logRecord is a record of package record, with its fields.
type logRecord map[string]any

// records returns the records with a message, in order.
func records(t *testing.T, env *lambdaenvtest.Env, message string) []logRecord {
	t.Helper()
	var found []logRecord
	for _, e := range env.Entries() {
		if e.Kind != lambdaenv.Line || e.Source == lambdaenv.Platform || !strings.HasPrefix(e.Text, "{") {
			continue
		}
		var r logRecord
		if err := json.Unmarshal([]byte(e.Text), &r); err != nil {
			t.Errorf("not JSON: %s", e.Text)
		}
		if r["message"] == message {
			found = append(found, r)
		}
	}
	return found
}

// oneRecord returns the only record with a message.
func oneRecord(t *testing.T, env *lambdaenvtest.Env, message string) logRecord {
	t.Helper()
	found := records(t, env, message)
	if len(found) != 1 {
		t.Fatalf("got %d records %q, want 1: %v", len(found), message, found)
	}
	return found[0]
}

// summaryOf returns the record about the hooks of an invocation.
func summaryOf(t *testing.T, env *lambdaenvtest.Env, requestID string) logRecord {
	t.Helper()
	for _, r := range records(t, env, record.Hooks) {
		if r[record.RequestID] == requestID {
			return r
		}
	}
	t.Fatalf("no record %q of invocation %s", record.Hooks, requestID)
	return nil
}

// want checks fields of a record.
func (r logRecord) want(t *testing.T, fields map[string]any) {
	t.Helper()
	for k, want := range fields {
		if got := r[k]; got != want {
			t.Errorf("%s of %q: got %v, want %v", k, r["message"], got, want)
		}
	}
}

// wantText checks that a field of a record contains a text.
func (r logRecord) wantText(t *testing.T, field, text string) {
	t.Helper()
	if got, _ := r[field].(string); !strings.Contains(got, text) {
		t.Errorf("%s of %q: got %q, want it to contain %q", field, r["message"], got, text)
	}
}

// position returns where in the log the first entry is that f accepts.
func position(t *testing.T, env *lambdaenvtest.Env, what string, f func(lambdaenv.Entry) bool) int {
	t.Helper()
	i := slices.IndexFunc(env.Entries(), f)
	if i < 0 {
		t.Fatalf("not in the log: %s", what)
	}
	return i
}

// wantInOrder checks that log entries come in an order. They are named by
// their text, or by their kind if that is not a line.
func wantInOrder(t *testing.T, env *lambdaenvtest.Env, requestID string, names ...string) {
	t.Helper()
	last := -1
	for i, name := range names {
		at := position(t, env, name, func(e lambdaenv.Entry) bool {
			return e.RequestID == requestID && (e.Kind == lambdaenv.Line && e.Text == name || string(e.Kind) == name)
		})
		if at < last {
			t.Errorf("%q comes before %q", name, names[i-1])
		}
		last = at
	}
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got lines\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}
