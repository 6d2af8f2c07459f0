package insights_test

import (
	"fmt"
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
		l.Events = append(l.Events, insights.Event{
			Time: start.Add(time.Duration(i) * time.Minute), Account: "1", Group: "g", Stream: fmt.Sprint("s", i), Message: m,
		})
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
		{`filter ms > 2 | display requestId`, "b"},
		{`filter not ispresent(message) and not (type = "report") | display @message`, "hello"},
		{`filter message = "other" or ms < 2 and hooks = 1 | display requestId`, "a"},
		{`filter @message like /^hel+o$/ | display @message`, "hello"},
		{`filter @message not like "o" | display @message`, ""},
		{`fields coalesce(requestId, record.requestId, @message) as request | sort @timestamp desc | limit 2 | display request`, "hello\nb"},
		{`fields replace(concat(@log, ":"), "1:g:", "x") as who | limit 1 | display who`, "x"},
		{`parse @log "*:*" as account, group | limit 1 | display account, group`, "1 g"},
		{`filter message in ["done"] | fields 100 * ms / (hooks + 1) - 1 as share | display share`, "74\n665.6666666666666"},
		{`filter message in ["done"] | fields floor(ms) as whole | sort whole desc, @timestamp asc | display whole`, "20\n1"},
		{`fields coalesce(requestId, record.requestId) as request | stats count(*) as n, count(ms) as m, sum(ms) as total, avg(ms) as mean,
			min(ms) as least, max(ms) as most, sortsLast(record.status) as status, latest(why) as said by request | sort request asc
			| display request, n, m, total, mean, least, most, status, said`,
			" 1 0      \na 2 1 1.5 1.5 1.5 1.5 success \nb 2 1 20 20 20 20 error "},
		{`filter ispresent(ms) | stats max(ms) as most by bin(2m) | sort most desc | display most`, "20\n1.5"},
		{`filter ispresent(ms) | stats max(@timestamp) as last by message | display last`, "2026-11-26 10:02:00.000"},
		{`stats count(*) as n by type | stats max(n) as most`, "3"},
		{`stats count(*) as n by type | fields n * 2 as twice | sort n desc | limit 1`, " 3 6"},
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

// What CloudWatch would refuse, or what is not known to be as we would need it.
func TestMistakes(t *testing.T) {
	for _, test := range []struct{ query, want string }{
		{`filter ms > 1`, "no SOURCE"},
		{`SOURCE 'g' | filter ms > 1 | SOURCE 'h'`, "SOURCE after another command"},
		{strings.Repeat(`SOURCE 'g' | `, 51) + `limit 1`, "51 log groups"},
		{`SOURCE 'g' | filter message = "` + strings.Repeat("x", 10000) + `"`, "characters"},
		{`SOURCE 'g' | select ms`, `unknown command "select"`},
		{`SOURCE 'g' | stats median(ms) as m`, `unknown function "median"`},
		{`SOURCE 'g' | fields upper(message) as m`, `unknown function "upper"`},
		{`SOURCE 'g' | fields floor(ms, 2) as m`, "floor: 2 arguments"},
		{`SOURCE 'g' | fields coalesce(ms) as m`, "coalesce: 1 arguments"},
		{`SOURCE 'g' | fields ms + 1`, "an expression without a name"},
		{`SOURCE 'g' | fields ms as took_ms`, "needs backticks"},
		{`SOURCE 'g' | fields ms as message`, `"message" is also a field`},
		{`SOURCE 'g' | stats max(ms) as ms by message`, `"ms" is also a field`},
		{`SOURCE 'g' | stats max(ms) by message`, "without a name"},
		{`SOURCE 'g' | stats max(ms, ms) as most`, `got ","`},
		{`SOURCE 'g' | stats max(ms)) as most`, `got ")"`},
		{`SOURCE 'g' | stats max((ms) as most`, `got "as"`},
		{`SOURCE 'g' | filter ms in [1`, `got ""`},
		{`SOURCE 'g' | filter message in []`, `got "]"`},
		{`SOURCE 'g' | filter message = "open`, "is not closed"},
		{`SOURCE 'g' | filter message = "a\nb"`, "backslash"},
		{`SOURCE 'g' | stats max(ms) as most by message | sort ms desc`, `there is no "ms"`},
		{`SOURCE 'g' | stats max(ms) as most by message | display message, least`, `there is no "least"`},
		{`SOURCE 'g' | sort ms desc | stats max(ms) as most`, "before stats"},
		{`SOURCE 'g' | limit 9 | stats max(ms) as most`, "before stats"},
		{`SOURCE 'g' | limit 10001`, "not a number up to 10000"},
		{`SOURCE 'g' | stats max(ms) as a by message | stats max(a) as b by message | stats max(b) as c`, "3 stats"},
		{`SOURCE 'g' | stats max(ms) as most by bin(90m)`, "bin(90m)"},
		{`SOURCE 'g' | parse @log "*:*" as account`, "1 names"},
		{`SOURCE 'g' | filter level != "INFO"`, "!= with a field"},
		{`SOURCE 'g' | fields concat(message, level) as both`, "concat of a field"},
		{`SOURCE 'g' | sort ms`, `"asc" was expected`},
		{`SOURCE 'g' | filter ms > 1 limit 5`, `got "limit"`},
	} {
		if _, err := log(`{"message":"done","ms":1.5}`).Run(test.query); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.80s\n\tgot %v, want %q", test.query, err, test.want)
		}
	}
}

// A field that no event has any more is how a renamed one is noticed.
func TestAbsentFields(t *testing.T) {
	r, err := log(`{"message":"done","ms":1.5}`, `{"message":"other","late":2}`).
		Run(`SOURCE 'g' | filter message in ["done"] | stats max(ms) as most, max(late) as latest by bin(5m)`)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.Absent, " "); got != "late" {
		t.Errorf("got %q, want late: no event that is left has it", got)
	}
	if !r.Series {
		t.Error("the result is no series")
	}
}

func TestDiscovery(t *testing.T) {
	var b strings.Builder
	b.WriteString(`prefix {"a":null,"b":[true,{"c":"d"}]`)
	for i := range 250 {
		fmt.Fprintf(&b, `,"f%d":%d`, i, i)
	}
	b.WriteString("}")
	fields := insights.Fields(insights.Event{Message: b.String()})
	for name, want := range map[string]insights.Value{"a": nil, "b.0": 1.0, "b.1.c": "d", "f197": 197.0, "f198": nil} {
		if got := fields[name]; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
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
