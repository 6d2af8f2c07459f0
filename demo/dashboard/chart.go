package dashboard

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"example.com/postinvoke/internal/cloudwatch"
)

// The size of the grid's unit in the picture, as in CloudWatch at a width of
// 1440.
const (
	unitWidth  = 58.0
	unitHeight = 50.0
)

// palette is CloudWatch's, for series that set no colour.
var palette = []string{
	"#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd",
	"#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf",
}

func colour(s cloudwatch.Series, i int) string {
	if s.Color != "" {
		return s.Color
	}
	return palette[i%len(palette)]
}

// A plot is a chart in the making.
type plot struct {
	strings.Builder
	width, height float64
	view          *cloudwatch.View
	ends          map[bool]float64 // of the axis on the right, if it has values, and of the left one
}

// A band is a period of a series. If series are stacked it is on top of those below.
type band struct {
	at        time.Time
	low, high float64
}

func (p *plot) x(t time.Time) float64 {
	return p.width * float64(t.Sub(p.view.From)) / float64(p.view.To.Sub(p.view.From))
}

func (p *plot) y(right bool, value float64) float64 { return p.height - p.height*value/p.ends[right] }

// chart draws the series of a widget over time.
func chart(w cloudwatch.Widget, series []cloudwatch.Series, v *cloudwatch.View) template.HTML {
	p := &plot{width: float64(w.Width)*unitWidth - 100, view: v, ends: map[bool]float64{false: 0}}
	bands := make([][]band, len(series))
	sums := map[time.Time]float64{}
	labels := 0.0
	for i, s := range series {
		labels += float64(30 + 7*len(s.Label))
		for _, point := range s.Points {
			b := band{point.At, sums[point.At], sums[point.At] + point.Value}
			bands[i] = append(bands[i], b)
			p.ends[s.Right] = max(p.ends[s.Right], b.high)
			if w.Properties.Stacked {
				sums[point.At] = b.high
			}
		}
	}
	for _, a := range w.Properties.Annotations.Horizontal {
		p.ends[a.YAxis == "right"] = max(p.ends[a.YAxis == "right"], a.Value)
	}
	for right, end := range p.ends {
		p.ends[right] = roundUp(end)
	}
	legend := 24 * math.Ceil(labels/(p.width+60))
	p.height = float64(w.Height)*unitHeight - 70 - legend

	fmt.Fprintf(p, `<svg viewBox="-44 -8 %.0f %.0f" role="img" aria-label=%q>`,
		p.width+88, p.height+28, w.Properties.Title)
	p.drawAxes(w.Width > 6)
	for i, s := range series {
		p.draw(bands[i], s.Right, colour(s, i), w.Properties.Stacked)
	}
	for _, a := range w.Properties.Annotations.Horizontal {
		y := p.y(a.YAxis == "right", a.Value)
		fmt.Fprintf(p, `<path class="line" stroke=%q d="M0 %.1fH%.1f"/>`+
			`<text class="tick end" x="%.1f" y="%.1f">%s</text>`,
			a.Color, y, p.width, p.width, y-3, template.HTMLEscapeString(a.Label))
	}
	p.WriteString("</svg>")
	return template.HTML(p.String())
}

// roundUp returns the next number with a single digit, of few.
func roundUp(value float64) float64 {
	if value == 0 {
		return 1
	}
	step := math.Pow(10, math.Floor(math.Log10(value)))
	for _, factor := range []float64{1, 2, 4, 8} {
		if step*factor >= value {
			return step * factor
		}
	}
	return 10 * step
}

// drawAxes draws values at the left and the right, and times, if there is room each
// half of an hour.
func (p *plot) drawAxes(wide bool) {
	for i := range 5 {
		part := float64(i) / 4
		y := p.y(false, p.ends[false]*part)
		fmt.Fprintf(p, `<path class="rule" d="M0 %.1fH%.1f"/><text class="tick end" x="-6" y="%.1f">%s</text>`,
			y, p.width, y+4, decimal(p.ends[false]*part, 2))
		if end, ok := p.ends[true]; ok {
			fmt.Fprintf(p, `<text class="tick" x="%.1f" y="%.1f">%s</text>`, p.width+6, y+4, decimal(end*part, 2))
		}
	}
	for t := p.view.From.Truncate(30 * time.Minute); !t.After(p.view.To); t = t.Add(30 * time.Minute) {
		if x := p.x(t); x >= 0 && (wide || t.Minute() == 0) {
			fmt.Fprintf(p, `<text class="tick middle" x="%.1f" y="%.1f">%s</text>`,
				x, p.height+16, t.UTC().Format("15:04"))
		}
	}
}

// draw draws lines between neighbouring periods, with a dot for each, or areas. Where
// a period has no value there is a gap.
func (p *plot) draw(bands []band, right bool, color string, stacked bool) {
	const gap = 5*time.Minute + time.Second
	for len(bands) > 0 {
		n := 1
		for n < len(bands) && bands[n].at.Sub(bands[n-1].at) <= gap {
			n++
		}
		ends := []float64{0}
		if stacked && n == 1 {
			ends = []float64{-2, 2} // an area has a width
		}
		var top, bottom []string
		for _, b := range bands[:n] {
			for _, end := range ends {
				x, y := p.x(b.at)+end, p.y(right, b.high)
				top = append(top, fmt.Sprintf("%.1f %.1f", x, y))
				bottom = append(bottom, fmt.Sprintf("%.1f %.1f", x, p.y(right, b.low)))
				if !stacked {
					fmt.Fprintf(p, `<circle fill=%q cx="%.1f" cy="%.1f" r="2"/>`, color, x, y)
				}
			}
		}
		bands = bands[n:]
		line := strings.Join(top, "L")
		if !stacked {
			fmt.Fprintf(p, `<path class="series" stroke=%q d="M%s"/>`, color, line)
			continue
		}
		slices.Reverse(bottom)
		fmt.Fprintf(p, `<path class="area" fill=%q d="M%sL%sZ"/>`, color, line, strings.Join(bottom, "L"))
	}
}
