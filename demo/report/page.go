// Package report makes a picture of recordings: a page with a timeline, the log
// and the figures, which needs nothing but itself, and an image of it. Its
// parts are also those of the live page.
package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"example.com/postinvoke/demo/recording"
)

//go:embed page
var files embed.FS

var templates = template.Must(template.ParseFS(files, "page/*.html"))

// Write writes the report of the recordings, each of one environment.
func Write(w io.Writer, recordings ...*recording.Recording) error {
	return write(w, false, recordings)
}

// write writes the page, or leaves out what makes no sense in a picture.
func write(w io.Writer, picture bool, recordings []*recording.Recording) error {
	page := struct {
		Picture                              bool
		Title, Heading, Subtitle, ScriptHash string
		Style                                template.CSS
		Script                               template.JS
		Runs                                 []run
	}{
		Picture:    picture,
		Title:      "postinvoke " + at(recordings),
		Heading:    heading(recordings),
		Subtitle:   "A run of postinvoke " + at(recordings) + ".",
		ScriptHash: hash(Script()),
		Style:      template.CSS(Style()),
		Script:     template.JS(Script()),
	}
	for i, r := range recordings {
		page.Runs = append(page.Runs, newRun(fmt.Sprint("plot-", i+1), r))
	}
	var b bytes.Buffer // so that there is no half of a page
	if err := templates.ExecuteTemplate(&b, "report.html", page); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// heading says what is to be seen.
func heading(recordings []*recording.Recording) string {
	var after, before, lost, unknown bool
	for _, r := range recordings {
		for _, inv := range r.Invocations {
			after = after || inv.Hooks != nil && inv.Hooks.AfterResponse
			before = before || inv.Hooks != nil && inv.Hooks.BeforeError
			lost = lost || inv.Lost != nil
			unknown = unknown || inv.Unknown != ""
		}
	}
	switch {
	case lost:
		return "Hooks lost with their process"
	case unknown:
		return "Hooks unknown: their process ended"
	case after:
		return "Response first, hooks after"
	case before:
		return "The handler panics: hooks first, then the error"
	}
	return "What happens after the response"
}

// at says where and when the recordings were made.
func at(recordings []*recording.Recording) string {
	if len(recordings) == 0 {
		return "without any environment"
	}
	r := recordings[0]
	return r.Place + ", " + r.Began.UTC().Format("2 January 2006 15:04 UTC")
}

// A run is a recording, as the page shows it.
type run struct {
	Name    string
	Intro   []string
	Figures []figure
	Drawing *drawing
	Log     []Row
	Summary summary
}

func newRun(id string, r *recording.Recording) run {
	return run{r.Name, r.Intro, figures(r), draw(id, timeline(r, ended(r)), r.Elapsed), rows(r), newSummary(r)}
}

// Style returns the style sheet of the parts.
func Style() string { return file("page/page.css") }

// Script returns the script that explains the bars of the timeline. It must
// follow them in the page.
func Script() string { return file("page/chart.js") }

// render executes the template of a part.
func render(name string, data any) template.HTML {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		panic("report: " + err.Error()) // the templates fit the data
	}
	return template.HTML(b.String())
}

func file(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("report: " + err.Error()) // it is embedded
	}
	return string(b)
}

// hash returns what a content security policy calls the script.
func hash(script string) string {
	sum := sha256.Sum256([]byte(script))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
