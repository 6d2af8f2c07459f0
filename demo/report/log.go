package report

import (
	"html/template"

	"example.com/postinvoke/demo/recording"
)

// A Row is a line of the log table.
type Row struct {
	Time, Elapsed, Source string
	Text                  string
	Whole                 string // the text, if Text leaves out parts of ids
	Remark                string
	Local                 bool // not in CloudWatch
}

// mostPayload is how many characters of an event or a response a row has. Of a
// long text it shows the beginning, and the rest when it is scrolled.
const mostPayload = 100_000

// NewRow returns the row for a moment. It reports false if the log does not show
// the moment.
func NewRow(m *recording.Moment) (Row, bool) {
	row := Row{
		Time:    m.Time.UTC().Format("15:04:05.000"),
		Elapsed: seconds(m.Since),
		Source:  m.Who(),
		Text:    m.Short(mostPayload),
		Remark:  m.Remark,
		Local:   m.NotInCloudWatch(),
	}
	if row.Text != m.Display && len(m.Display) <= mostPayload {
		row.Whole = m.Display
	}
	return row, m.Display != ""
}

// HTML returns the row as an element of a table.
func (r Row) HTML() template.HTML { return part("row", r) }

// LogTable returns the table of the log, without any row.
func LogTable() template.HTML { return part("log", []Row(nil)) }

func rows(r *recording.Recording) []Row {
	var rows []Row
	for i := range r.Moments {
		if row, ok := NewRow(&r.Moments[i]); ok {
			rows = append(rows, row)
		}
	}
	return rows
}
