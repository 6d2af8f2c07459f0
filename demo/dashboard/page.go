package dashboard

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"
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

var page = template.Must(template.New("dashboard.html").Funcs(template.FuncMap{
	"bold": bold, "colour": colour, "value": value, "cell": cell,
	"css": func(text string) template.CSS { return template.CSS(text) },
}).ParseFS(files, "page/*"))

// Drawing is a dashboard with what its widgets show.
type Drawing struct {
	*cloudwatch.Body
	*cloudwatch.View
	Name    string // of the stack
	Drawn   []widget
	Caption []string // what this is, in sentences
	Scheme  string   // of the colours in a picture; empty for the reader's
}

// widget is one, as the page shows it.
type widget struct {
	cloudwatch.Widget
	*cloudwatch.Drawn
	Chart template.HTML
	Empty string // instead of what there is not
}

// Make runs the scenario and draws what the dashboard shows of it.
func (s Scenario) Make(ctx context.Context, d *cloudwatch.Deployment, p Programs) (*Drawing, error) {
	now := time.Now().Truncate(time.Minute)
	lines, err := s.Run(ctx, d.Functions, p, now)
	if err != nil {
		return nil, err
	}
	view, err := d.View(lines, now.Add(-shown), now)
	if err != nil {
		return nil, err
	}
	scans, err := view.Scans(d.Dashboard)
	if err != nil {
		return nil, err
	}
	return Draw(d, view, []string{
		fmt.Sprintf("A drawing, not a screenshot: the deployed body of the dashboard, evaluated on the records of "+
			"%d execution environments that ran on this machine, each for a second or so, spread over three hours. "+
			"Nothing of it was seen on AWS.", len(s.sessions(d.Functions))),
		fmt.Sprintf("Loading it reads the log %.1f times over (%d kB of it).", scans, view.Bytes()/1000),
		"What AWS's documents leave open is taken to be so: " + strings.Join(cloudwatch.Assumptions, " "),
	})
}

// Draw evaluates the dashboard of a deployment over a view of it.
func Draw(d *cloudwatch.Deployment, v *cloudwatch.View, caption []string) (*Drawing, error) {
	drawing := &Drawing{Body: d.Dashboard, View: v, Name: cloudwatch.StackName, Caption: caption}
	for _, w := range d.Dashboard.Widgets {
		drawn, err := v.Draw(w)
		if err != nil {
			return nil, err
		}
		x := widget{Widget: w, Drawn: drawn}
		switch {
		case w.Type == "alarm" && len(drawn.Alarms) == 0:
			x.Empty = "No alarm is on"
		case drawn.Log != nil && len(drawn.Log.Rows) == 0:
			x.Empty = "No data found for this time range" // as in CloudWatch
		case w.Type == "metric" && w.Properties.View != "singleValue":
			x.Chart = chart(w, drawn.Series, v)
		}
		drawing.Drawn = append(drawing.Drawn, x)
	}
	return drawing, nil
}

// Write writes the page, which needs nothing but itself.
func (d *Drawing) Write(w io.Writer) error { return page.Execute(w, d) }

// Picture returns the drawing as an image, in PNG, as wide as a common window. It
// needs a browser: without one the error is [browser.ErrNone].
func (d *Drawing) Picture(ctx context.Context, dark bool) ([]byte, error) {
	const width, scale = 1440, 1
	picture := *d
	picture.Scheme = "light"
	if dark {
		picture.Scheme = "dark"
	}
	var page bytes.Buffer
	if err := picture.Write(&page); err != nil {
		return nil, err
	}
	return browser.Picture(ctx, page.Bytes(), width, scale)
}

// Place is where the widget is on the grid.
func (w widget) Place() template.CSS {
	return template.CSS(fmt.Sprintf("grid-column: %d / span %d; grid-row: %d / span %d",
		w.X+1, w.Width, w.Y+1, w.Height))
}

var strong = regexp.MustCompile(`\*\*(.+?)\*\*`)

// bold is the part of Markdown that the dashboard's text uses.
func bold(markdown string) template.HTML {
	return template.HTML(strong.ReplaceAllString(template.HTMLEscapeString(markdown), "<strong>$1</strong>"))
}

// A text is what an element shows, and its class.
type text struct{ Text, Class string }

// value is what a number shows.
func value(s cloudwatch.Series) text {
	if len(s.Points) == 0 {
		return text{Text: "–"}
	}
	t := text{Text: decimal(s.Points[0].Value, 1)}
	if s.Label == "errors" && t.Text != "0" {
		t.Class = "bad"
	}
	return t
}

// cell is what a row of a table has in a column. Numbers have at most four decimals,
// as in CloudWatch.
func cell(r *insights.Result, row int, column string) text {
	if n, ok := r.Rows[row][column].(float64); ok {
		return text{decimal(n, 4), "number"}
	}
	return text{Text: r.Cell(row, column)}
}

// decimal is n with at most so many decimals.
func decimal(n float64, decimals int) string {
	unit := math.Pow10(decimals)
	return strconv.FormatFloat(math.Round(n*unit)/unit, 'f', -1, 64)
}
