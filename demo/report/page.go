// Package report draws recordings: a page with a timeline, the log and the
// figures, in one file, and a picture of it. The live page shows the same parts.
//
// A recording on its way to the picture: timeline.go makes spans of it,
// chart.go makes columns and rows of those, which the browser lays out.
package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"time"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/recording"
)

//go:embed page
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"number": func(i int) int { return i + 1 },
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
	Log     []row
}

func newPage(recordings []*recording.Recording) *page {
	sum := sha256.Sum256([]byte(Script()))
	p := &page{
		At:    "without any environment",
		Style: template.CSS(Style()), Script: template.JS(Script()),
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
		p.Runs = append(p.Runs, run{r, figures(r), newChart(timeline(r, end)), rows(r)})
	}
	return p
}

// Write writes the report of the recordings, each of one environment.
func Write(w io.Writer, recordings ...*recording.Recording) error {
	b, err := render("report.html", newPage(recordings)) // so that half of a page is not written
	if err == nil {
		_, err = w.Write(b)
	}
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
	b, err := render("report.html", p)
	if err != nil {
		return nil, err
	}
	return browser.Picture(ctx, b, width, scale)
}

// Style returns the style sheet of the parts.
func Style() string { return file("page/page.css") }

// Script returns the script that explains the bars of the timeline. It must
// follow them in the page.
func Script() string { return file("page/chart.js") }

func file(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("report: " + err.Error()) // it is embedded
	}
	return string(b)
}

func render(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	err := templates.ExecuteTemplate(&b, name, data)
	return b.Bytes(), err
}

// part executes the template of a part.
func part(name string, data any) template.HTML {
	b, err := render(name, data)
	if err != nil {
		panic("report: " + err.Error()) // the templates fit the data
	}
	return template.HTML(b)
}
