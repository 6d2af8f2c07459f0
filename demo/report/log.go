package report

import (
	"html/template"

	"example.com/postinvoke/demo/recording"
)

// A row is a line of the log table.
type row struct {
	Time, Elapsed, Source string
	Text                  string
	Whole                 string // the text, if Text leaves out parts of ids
	Remark                string
	Local                 bool // not in CloudWatch
}

// mostPayload is how many characters of an event or a response a row has. Of a
// long text it shows the beginning, and the rest when it is scrolled.
const mostPayload = 100_000

func newRow(m *recording.Moment) row {
	r := row{
		Time:    m.Time.UTC().Format("15:04:05.000"),
		Elapsed: seconds(m.Since),
		Source:  m.Who(),
		Text:    m.Short(mostPayload),
		Remark:  m.Remark,
		Local:   m.NotInCloudWatch(),
	}
	if r.Text != m.Display && len(m.Display) <= mostPayload {
		r.Whole = m.Display
	}
	return r
}

// Row returns the row for a moment, as an element of the table; empty if the log
// does not show the moment.
func Row(m *recording.Moment) template.HTML {
	if m.Display == "" {
		return ""
	}
	return part("row", newRow(m))
}

// LogTable returns the table of the log, without any row.
func LogTable() template.HTML { return part("log", []row(nil)) }

func rows(r *recording.Recording) []row {
	var rows []row
	for i := range r.Moments {
		if r.Moments[i].Display != "" {
			rows = append(rows, newRow(&r.Moments[i]))
		}
	}
	return rows
}
