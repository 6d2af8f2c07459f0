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

// NewRow returns the row for a moment of r, which is next for the narrator. It
// reports false if the log does not show the moment.
func NewRow(r *recording.Recording, n *recording.Narrator, m *recording.Moment) (Row, bool) {
	words := n.Words(m)
	if words == "" {
		return Row{}, false
	}
	row := Row{
		Time:    m.Time.UTC().Format("15:04:05.000"),
		Elapsed: fmt.Sprintf("%.3f s", r.Elapsed(m.Since).Seconds()),
		Source:  m.Who(),
		Text:    recording.Shorten(words),
		Remark:  m.Remark,
		Local:   m.Local(),
	}
	if row.Text != words {
		row.Whole = words
	}
	return row, true
}

// HTML returns the row as an element of a table.
func (r Row) HTML() template.HTML { return part("row", r) }

// LogTable returns the table of the log, without any row.
func LogTable() template.HTML { return part("log", []Row(nil)) }

func rows(r *recording.Recording) []Row {
	var (
		rows     []Row
		narrator recording.Narrator
	)
	for i := range r.Moments {
		if row, ok := NewRow(r, &narrator, &r.Moments[i]); ok {
			rows = append(rows, row)
		}
	}
	return rows
}
