package insights_test

import (
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/internal/insights"
)

var start = time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)

// log has these messages, a minute apart, in the group g.
func log(messages ...string) *insights.Log {
	l := &insights.Log{Indexed: map[string][]string{}}
	for i, m := range messages {
		at := start.Add(time.Duration(i) * time.Minute)
		l.Events = append(l.Events, insights.Event{Time: at, Account: "1", Group: "g", Message: m})
	}
	return l
}

// table is a result as text: a line for each row.
func table(r *insights.Result) string {
	var lines []string
	for i := range r.Rows {
		var cells []string
		for _, c := range r.Columns {
			cells = append(cells, r.Cell(i, c))
		}
		lines = append(lines, strings.Join(cells, " "))
	}
	return strings.Join(lines, "\n")
}

func TestQueries(t *testing.T) {
	events := []string{
		`{"message":"done","ms":1.5,"hooks":1,"cold":true,"requestId":"a","record":{"list":[{"ms":7}]}}`,
		`{"type":"report","record":{"requestId":"a","status":"success"}}`,
		`{"message":"done","ms":20,"hooks":2,"cold":false,"requestId":"b","why":"because"}`,
		`{"type":"report","record":{"requestId":"b","status":"error"}}`,
		`hello`,
	}
	for _, test := range []struct{ query, want string }{
		{`display @message, @log | limit 1`, events[0] + " 1:g"},
		{`filter message in ["done"] | display ms, cold, record.list.0.ms`, "1.5 1 7\n20 0 "},
		{`filter message in ["other", "done"] and why = "because" | display requestId`, "b"},
		{`filter message = "other" or ms = 1.5 and hooks = 1 | display requestId`, "a"},
		{`filter hooks = "1" | display requestId`, ""},
		{`filter @message like "el" | display @message`, "hello"},
		{`fields coalesce(requestId, record.requestId, @message) as id | sort @timestamp desc | limit 2 | display id`,
			"hello\nb"},
		{`fields replace(concat(@log, ":"), "1:g:", "x") as who | limit 1 | display who`, "x"},
		{`parse @log "*:*" as account, group | limit 1 | display account, group`, "1 g"},
		{`filter message in ["done"] | fields 9 * ms / (hooks + 1) as share | display share`, "6.75\n60"},
		{`filter message in ["done"] | sort hooks desc, @timestamp asc | display hooks`, "2\n1"},
		{`fields coalesce(requestId, record.requestId) as request
			| stats count(*) as n, sum(ms) as total, avg(ms + hooks) as mean,
			max(ms) as most, sortsLast(record.status) as status, latest(why) as said by request as id | sort id asc
			| display id, n, total, mean, most, status, said`,
			" 1     \na 2 1.5 2.5 1.5 success \nb 2 20 22 20 error "},
		{`filter ispresent(ms) | stats max(@timestamp) as last by message | display last`, "2026-11-26 10:02:00.000"},
		{`stats count(*) as n by type | fields n * 2 as m | sort n desc | limit 1 | display type, n, m`, " 3 6"},
	} {
		r, err := log(events...).Run("SOURCE 'g' | " + test.query)
		if err != nil {
			t.Errorf("%s: %v", test.query, err)
			continue
		}
		if got := table(r); got != test.want {
			t.Errorf("%s\n\tgot  %q\n\twant %q", test.query, got, test.want)
		}
	}
}

// What CloudWatch would refuse, what is not documented, and what is not evaluated.
func TestMistakes(t *testing.T) {
	for _, test := range []struct{ query, want string }{
		{`filter ms = 1`, "no SOURCE"},
		{`SOURCE 'g' | filter ms = 1 | SOURCE 'h'`, "SOURCE after another command"},
		{strings.Repeat(`SOURCE 'g' | `, 51) + `limit 1`, "51 log groups"},
		{`SOURCE 'g' | filter message = "` + strings.Repeat("x", 10000) + `"`, "characters"},
		{`SOURCE 'g' | select ms`, `unknown command "select"`},
		{`SOURCE 'g' | stats median(ms) as m by a`, `unknown function "median"`},
		{`SOURCE 'g' | fields floor(ms) as m`, `unknown function "floor"`},
		{`SOURCE 'g' | fields ispresent(ms, 2) as m`, "ispresent: 2 arguments"},
		{`SOURCE 'g' | fields coalesce(ms) as m`, "coalesce: 1 arguments"},
		{`SOURCE 'g' | fields ms + 1`, `got "" where "as"`},
		{`SOURCE 'g' | fields ms as took_ms`, `got "_"`},
		{`SOURCE 'g' | fields ms as message`, `"message" is also a field`},
		{`SOURCE 'g' | stats max(ms) by message`, `got "by" where "as"`},
		{`SOURCE 'g' | stats max(ms, ms) as most`, `got ","`},
		{`SOURCE 'g' | stats max(ms)) as most`, `got ")"`},
		{`SOURCE 'g' | stats max((ms) as most`, `got "as"`},
		{`SOURCE 'g' | stats max(ms) as most`, `"by" was expected`},
		{`SOURCE 'g' | stats count(ms) as n by message`, `got "ms" where "*"`},
		{`SOURCE 'g' | stats sum(message) as n by ms`, `arithmetic with "done"`},
		{`SOURCE 'g' | stats max(ms) as most by bin(5m)`, `got "("`},
		{`SOURCE 'g' | filter ms in [1`, `got ""`},
		{`SOURCE 'g' | filter message in []`, `got "]"`},
		{`SOURCE 'g' | filter message = "open`, `got "\""`},
		{`SOURCE 'g' | filter message = "a\nb"`, "backslash"},
		{`SOURCE 'g' | filter message`, "a value is no condition"},
		{`SOURCE 'g' | fields ispresent(ms) as m`, "a condition is no value"},
		{`SOURCE 'g' | stats max(ispresent(ms)) as m by message`, "a condition is no value"},
		{`SOURCE 'g' | filter ms = 1 = 1`, "a condition is no value"},
		{`SOURCE 'g' | filter message and ms`, "a value is no condition"},
		{`SOURCE 'g' | filter ms > 1`, `before ">"`},
		{`SOURCE 'g' | filter ms != 1`, `before "!"`},
		{`SOURCE 'g' | filter not ispresent(ms)`, `before "ispresent"`},
		{`SOURCE 'g' | filter message like /done/`, `got "/"`},
		{`SOURCE 'g' | filter ms = NaN`, `got "NaN"`},
		{`SOURCE 'g' | filter $.ms = 1`, `got "$"`},
		{`SOURCE 'g' | filter @logStream = "s"`, `unknown field "@logStream"`},
		{`SOURCE 'g' | fields ms + message as sum`, "which is not a number"},
		{`SOURCE 'g' | stats max(ms) as most by message | sort ms desc`, `there is no "ms"`},
		{`SOURCE 'g' | stats max(ms) as most by message | display message, least`, `there is no "least"`},
		{`SOURCE 'g' | sort ms desc | stats max(ms) as most`, "stats after another"},
		{`SOURCE 'g' | stats max(ms) as a by message | stats max(a) as b by message`, "stats after another"},
		{`SOURCE 'g' | limit 10001`, "not a number up to 10000"},
		{`SOURCE 'g' | parse @log "*:*" as account`, "1 names"},
		{`SOURCE 'g' | fields concat(message, level) as both`, "concat of a field"},
		{`SOURCE 'g' | sort ms`, `"asc" was expected`},
		{`SOURCE 'g' | filter ms = 1 limit 5`, `got "limit"`},
	} {
		_, err := log(`{"message":"done","ms":1.5}`).Run(test.query)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.80s\n\tgot %v, want %q", test.query, err, test.want)
		}
	}
}

// A field that no event has any more is how a renamed one is noticed.
func TestAbsentFields(t *testing.T) {
	l := log(`{"message":"done","ms":1.5}`, `{"message":"other","late":2}`)
	l.Indexed["g"] = []string{"message"}
	r, err := l.Run(`SOURCE 'g' | filter message in ["done"] | stats max(ms) as most, max(late) as latest by message`)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.Absent, " "); got != "late" {
		t.Errorf("got %q, want late: no event that is left has it", got)
	}
}

func TestDiscovery(t *testing.T) {
	fields := insights.Fields(insights.Event{Message: `prefix {"a":null,"b":[true,{"c":"d"}]} suffix`})
	for name, want := range map[string]insights.Value{"a": nil, "b.0": 1.0, "b.1.c": "d"} {
		if got := fields[name]; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// CloudWatch discovers 200 fields of an event. Which, is not evaluated here.
func TestTooManyFields(t *testing.T) {
	event := `{"f":[` + strings.Repeat("1,", 250) + `1]}`
	_, err := log(event).Run("SOURCE 'g' | limit 1")
	if err == nil || !strings.Contains(err.Error(), "more than 200 fields") {
		t.Errorf("got %v, want that there are too many fields", err)
	}
}

func TestScannedBytes(t *testing.T) {
	l := log(`{"message":"a"}`, `{"message":"b"}`, "hello")
	for _, test := range []struct {
		query   string
		indexed []string
		want    int
	}{
		{`filter message in ["a"]`, nil, 35},
		{`filter message in ["a"]`, []string{"message"}, 15},
		{`filter message in ["a"] and ispresent(level)`, []string{"message"}, 15},
		{`filter message in ["a"] or ispresent(level)`, []string{"message"}, 35},
		{`filter message = "none"`, []string{"message"}, 0},
		{`filter message like "a"`, []string{"message"}, 35},
		{`limit 1`, []string{"message"}, 35},
	} {
		l.Indexed["g"] = test.indexed
		r, err := l.Run("SOURCE 'g' | " + test.query)
		if err != nil {
			t.Fatal(err)
		}
		if r.Scanned != test.want {
			t.Errorf("%s with an index on %q: got %d bytes, want %d", test.query, test.indexed, r.Scanned, test.want)
		}
	}
}

// A text in any of the languages is evaluated or refused.
func FuzzLanguages(f *testing.F) {
	f.Add(`SOURCE 'g' | filter message in ["done"] and ms = 1 | parse @log "*:*" as a, b | fields 9 * ms / 2 as c`)
	f.Add(`SOURCE 'g' | stats max(ms) as o, count(*) as n by message as m | sort n desc | limit 1 | display m, n, o`)
	f.Add(`(d - p) / n`)
	f.Add(`(message = "lost") and (ms >= 0)`)
	fields := map[string]insights.Value{"message": "lost", "ms": 1.5, "d": 2.0}
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := log(`{"message":"done","ms":1.5}`, "hello").Run(text); (r == nil) == (err == nil) {
			t.Errorf("got %v and %v, want one of them", r, err)
		}
		for _, condition := range []bool{true, false} {
			e, err := insights.Parse(text, condition)
			if (e == nil) == (err == nil) {
				t.Fatalf("got %v and %v, want one of them", e, err)
			}
			if e != nil {
				_, _ = e.Eval(fields)
			}
		}
	})
}
