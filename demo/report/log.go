package report

import (
	"fmt"
	"html/template"

	"example.com/postinvoke/demo/recording"
)

// A Row is a line of the log table.
type Row struct {
	Time, Elapsed, Source string
	Text                  string
	Whole                 string // the text, if Text leaves something out
	Remark                string
	Local                 bool // not in CloudWatch
}

// NewRow returns the row for a moment of r. It reports false if the log does not
// show the moment.
func NewRow(r *recording.Recording, m *recording.Moment) (Row, bool) {
	if m.Display == "" {
		return Row{}, false
	}
	row := Row{
		Time:    m.Time.UTC().Format("15:04:05.000"),
		Elapsed: fmt.Sprintf("%.3f s", r.Elapsed(m.Since).Seconds()),
		Source:  m.Who(),
		Text:    m.Short(),
		Remark:  m.Remark,
		Local:   m.Local(),
	}
	if row.Text != m.Display {
		row.Whole = m.Display
	}
	return row, true
}

// HTML returns the row as an element of a table.
func (r Row) HTML() template.HTML { return render("row", r) }

// LogTable returns the table of the log, without any row.
func LogTable() template.HTML { return render("log", []Row(nil)) }

func rows(r *recording.Recording) []Row {
	var rows []Row
	for i := range r.Moments {
		if row, ok := NewRow(r, &r.Moments[i]); ok {
			rows = append(rows, row)
		}
	}
	return rows
}
