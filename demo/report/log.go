package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// A Row is a line of the log table.
type Row struct {
	Time, Elapsed, Source string
	Text                  string
	Whole                 string // the text, if Text leaves out parts of ids
	Payload               string // the event or response, if Text has its beginning only
	Remark                string
	Local                 bool // not in CloudWatch
}

// mostPayload is the longest part of an event or a response that a row has.
const mostPayload = 100_000

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
		Local:   m.NotInCloudWatch(),
	}
	if row.Text != m.Display && !m.IsCut() {
		row.Whole = m.Display
	}
	if row.Remark == "" {
		row.Remark = troubleBesideOK(m)
	}
	if m.IsCut() {
		payload := []byte(m.Text) // an event
		if m.Kind == lambdaenv.Responded {
			payload = m.Response.Payload
		}
		row.Payload = whole(payload)
	}
	return row, true
}

// whole is an event or a response with a line for each value.
func whole(payload []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, payload, "", "  ") == nil {
		payload = b.Bytes()
	}
	if len(payload) <= mostPayload {
		return string(payload)
	}
	return strings.ToValidUTF8(string(payload[:mostPayload]), "") + "…\nThe page does not have the rest."
}

// troubleBesideOK explains a record that has the outcome ok beside failures.
func troubleBesideOK(m *recording.Moment) string {
	h := recording.HooksIn(m.Entry)
	if h == nil || h.Failures+h.Abandoned == 0 || recording.Fields(m.Text)[record.Outcome] != "ok" {
		return ""
	}
	var trouble []string
	if h.Failures > 0 {
		trouble = append(trouble, count(h.Failures, "hook")+" failed")
	}
	if h.Abandoned > 0 {
		trouble = append(trouble, count(h.Abandoned, "hook")+" abandoned")
	}
	return "the handler was ok; " + strings.Join(trouble, ", ")
}

// HTML returns the row as an element of a table.
func (r Row) HTML() template.HTML { return part("row", r) }

// LogTable returns the table of the log, without any row.
func LogTable() template.HTML { return part("log", []Row(nil)) }

func rows(r *recording.Recording) []Row {
	var rows []Row
	for i := range r.Moments {
		if row, ok := NewRow(r, &r.Moments[i]); ok {
			rows = append(rows, row)
		}
	}
	return rows
}
