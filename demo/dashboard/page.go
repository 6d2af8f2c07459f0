package dashboard

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/internal/cloudwatch"
	"example.com/postinvoke/internal/insights"
)

//go:embed page
var files embed.FS

var page = template.Must(template.ParseFS(files, "page/dashboard.html"))

// Drawing is a dashboard with what its widgets show.
type Drawing struct {
	Name     string // of the stack
	From, To time.Time
	Choices  []string // at the top
	Widgets  []widget
	Caption  []string // what this is, in sentences
	Style    template.CSS
	Scheme   string // of the colours in a picture; empty for the reader's
}

// widget is one, as the page shows it.
type widget struct {
	Place   template.CSS
	Heading string
	Text    template.HTML
	Numbers []number
	Chart   template.HTML
	Legend  []key
	Table   *table
	Alarms  []cloudwatch.AlarmState
	Empty   string // instead of what there is not
}

type number struct{ Label, Value, Class string }

type key struct {
	Label string
	Color template.CSS
}

type table struct {
	Columns []string
	Rows    [][]cell
}

type cell struct{ Text, Class string }

// Draw evaluates the dashboard of a deployment over a view of it.
func Draw(d *cloudwatch.Deployment, v *cloudwatch.View, caption []string) (*Drawing, error) {
	style, err := files.ReadFile("page/dashboard.css")
	if err != nil {
		return nil, err
	}
	drawing := &Drawing{
		Name: cloudwatch.StackName, From: v.From, To: v.To, Caption: caption, Style: template.CSS(style),
	}
	for _, variable := range d.Dashboard.Variables {
		for _, value := range variable.Values {
			drawing.Choices = append(drawing.Choices, value.Label)
		}
	}
	for _, w := range d.Dashboard.Widgets {
		drawn, err := v.Draw(w)
		if err != nil {
			return nil, err
		}
		drawing.Widgets = append(drawing.Widgets, newWidget(w, drawn, v))
	}
	return drawing, nil
}

// Write writes the page, which needs nothing but itself.
func (d *Drawing) Write(w io.Writer) error {
	var b bytes.Buffer // so that there is no half of a page
	if err := page.Execute(&b, d); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Picture returns the drawing as an image, in PNG, as wide as a common window.
// The scheme is light or dark. It needs a browser: without one the error is
// [browser.ErrNone].
func (d *Drawing) Picture(ctx context.Context, scheme string) ([]byte, error) {
	const width, scale = 1440, 1
	picture := *d
	picture.Scheme = scheme
	var page bytes.Buffer
	if err := picture.Write(&page); err != nil {
		return nil, err
	}
	return browser.Picture(ctx, page.Bytes(), width, scale)
}

func newWidget(w cloudwatch.Widget, d *cloudwatch.Drawn, v *cloudwatch.View) widget {
	p := w.Properties
	x := widget{
		Heading: p.Title,
		Place: template.CSS(fmt.Sprintf("grid-column: %d / span %d; grid-row: %d / span %d",
			w.X+1, w.Width, w.Y+1, w.Height)),
		Alarms: d.Alarms,
	}
	switch {
	case w.Type == "alarm" && len(d.Alarms) == 0:
		x.Empty = "No alarm is on"
	case w.Type == "text":
		x.Text = bold(d.Markdown)
	case d.Log != nil:
		x.Table = newTable(d.Log)
		if len(x.Table.Rows) == 0 {
			x.Empty = "No data found for this time range" // as in CloudWatch
		}
	case p.View == "singleValue":
		for _, s := range d.Series {
			n := number{Label: s.Label, Value: "–"}
			if len(s.Points) > 0 {
				n.Value = short(s.Points[0].Value)
				if s.Color != "" && s.Label == "errors" && s.Points[0].Value > 0 {
					n.Class = "bad"
				}
			}
			x.Numbers = append(x.Numbers, n)
		}
	case w.Type == "metric":
		x.Chart = chart(p, d.Series, v, w.Width, w.Height)
		for i, s := range d.Series {
			x.Legend = append(x.Legend, key{s.Label, template.CSS(colour(s, i))})
		}
	}
	return x
}

var strong = regexp.MustCompile(`\*\*(.+?)\*\*`)

// bold is the part of Markdown that the dashboard's text uses.
func bold(markdown string) template.HTML {
	return template.HTML(strong.ReplaceAllString(template.HTMLEscapeString(markdown), "<strong>$1</strong>"))
}

// newTable makes a table of what a query found. Numbers have at most four
// decimals, as in CloudWatch.
func newTable(r *insights.Result) *table {
	t := &table{Columns: r.Columns}
	for i, row := range r.Rows {
		var cells []cell
		for _, c := range r.Columns {
			x := cell{Text: r.Cell(i, c)}
			if n, ok := row[c].(float64); ok {
				x.Text, x.Class = trim(strconv.FormatFloat(n, 'f', 4, 64)), "number"
			}
			cells = append(cells, x)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func trim(number string) string { return strings.TrimSuffix(strings.TrimRight(number, "0"), ".") }

// short is a number with as many digits as CloudWatch shows.
func short(n float64) string {
	if n >= 100 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return trim(strconv.FormatFloat(n, 'f', 1, 64))
}
