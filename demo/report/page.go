// Package report draws recordings: a page with a timeline, the log and the
// figures, in one file, and a picture of it. The live page shows the same parts.
//
// A recording on its way to the picture: timeline.go makes spans of it,
// chart.go makes columns and rows of those, which the browser lays out.
package report

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"time"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/recording"
)

var (
	//go:embed page/page.css
	style string

	//go:embed page/chart.js
	script string

	//go:embed page/*.html
	files embed.FS
)

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"number":  func(i int) int { return i + 1 },
	"seconds": seconds,
}).ParseFS(files, "page/*.html"))

// A page is what the template report.html shows.
type page struct {
	Picture       bool
	At, ScriptSum string
	Style         template.CSS
	Script        template.JS
	Runs          []run
}

// A run is a recording, as the page shows it.
type run struct {
	*recording.Recording
	Figures []figure
	Chart   *chart
}

func newPage(recordings []*recording.Recording) *page {
	sum := sha256.Sum256([]byte(script))
	p := &page{
		At:    "without any environment",
		Style: template.CSS(style), Script: template.JS(script),
		ScriptSum: "sha256-" + base64.StdEncoding.EncodeToString(sum[:]), // as a content security policy names it
	}
	for i, r := range recordings {
		if i == 0 {
			p.At = r.Place + ", " + r.Began.UTC().Format("2 January 2006 15:04 UTC")
		}
		var end time.Duration
		if n := len(r.Moments); n > 0 {
			end = r.Moments[n-1].Since
		}
		p.Runs = append(p.Runs, run{r, figures(r), newChart(timeline(r, end))})
	}
	return p
}

// Write writes the report of the recordings, each of one environment.
func Write(w io.Writer, recordings ...*recording.Recording) error {
	_, err := io.WriteString(w, string(part("report.html", newPage(recordings))))
	return err
}

// Picture returns the report as an image, in PNG, as wide as a README, or as the
// timeline if that is wider. It needs a browser: without one the error is
// [browser.ErrNone].
func Picture(ctx context.Context, recordings ...*recording.Recording) ([]byte, error) {
	const (
		scale   = 2  // pixels for one
		padding = 48 // of the page, left and right
	)
	p := newPage(recordings)
	p.Picture = true
	width := 1000
	for _, r := range p.Runs {
		width = max(width, r.Chart.Least+padding)
	}
	return browser.Picture(ctx, []byte(part("report.html", p)), width, scale)
}

// Style returns the style sheet of the parts.
func Style() string { return style }

// Script returns the script that explains the bars of the timeline. It must
// follow them in the page.
func Script() string { return script }

// LogTable returns the table of the log, without any row.
func LogTable() template.HTML { return part("log", nil) }

// Row returns the row of that table for a moment; empty if the log does not show
// the moment.
func Row(m *recording.Moment) template.HTML { return part("row", m) }

// part executes a template.
func part(name string, data any) template.HTML {
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		panic("report: " + err.Error()) // the templates fit the data
	}
	return template.HTML(b.String())
}
