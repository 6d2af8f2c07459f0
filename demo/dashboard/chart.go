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
	ends          map[bool]float64 // of the axis on the right, and of the left one; none without values
}

func (p *plot) x(t time.Time) float64 {
	return p.width * float64(t.Sub(p.view.From)) / float64(p.view.To.Sub(p.view.From))
}

func (p *plot) y(right bool, value float64) float64 { return p.height - p.height*value/p.ends[right] }

// chart draws the series of a widget over time.
func chart(w cloudwatch.Widget, series []cloudwatch.Series, v *cloudwatch.View) template.HTML {
	p := &plot{width: float64(w.Width)*unitWidth - 100, view: v, ends: ends(w.Properties, series)}
	labels := 0.0
	for _, s := range series {
		labels += float64(30 + 7*len(s.Label))
	}
	legend := 24 * math.Ceil(labels/(p.width+60))
	p.height = float64(w.Height)*unitHeight - 70 - legend
	fmt.Fprintf(p, `<svg viewBox="-44 -8 %.0f %.0f" role="img" aria-label=%q>`,
		p.width+88, p.height+28, w.Properties.Title)
	for i := range 5 {
		part := float64(i) / 4
		y := p.y(false, p.ends[false]*part)
		fmt.Fprintf(p, `<path class="rule" d="M0 %.1fH%.1f"/><text class="tick end" x="-6" y="%.1f">%s</text>`,
			y, p.width, y+4, decimal(p.ends[false]*part, 2))
		if end, ok := p.ends[true]; ok {
			fmt.Fprintf(p, `<text class="tick" x="%.1f" y="%.1f">%s</text>`, p.width+6, y+4, decimal(end*part, 2))
		}
	}
	for t := v.From.Truncate(30 * time.Minute); !t.After(v.To); t = t.Add(30 * time.Minute) {
		if x := p.x(t); x >= 0 && (w.Width > 6 || t.Minute() == 0) {
			fmt.Fprintf(p, `<text class="tick middle" x="%.1f" y="%.1f">%s</text>`,
				x, p.height+16, t.UTC().Format("15:04"))
		}
	}
	sums := map[time.Time]float64{} // of what lies below, if series are stacked
	for i, s := range series {
		p.draw(s, colour(s, i), w.Properties.Stacked, sums)
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

// ends returns the values at which the axes of a widget end.
func ends(p cloudwatch.Properties, series []cloudwatch.Series) map[bool]float64 {
	most := map[bool]float64{false: 0}
	sums := map[time.Time]float64{}
	for _, s := range series {
		for _, point := range s.Points {
			value := point.Value
			if p.Stacked {
				value += sums[point.At]
				sums[point.At] = value
			}
			most[s.Right] = max(most[s.Right], value)
		}
	}
	for _, a := range p.Annotations.Horizontal {
		most[a.YAxis == "right"] = max(most[a.YAxis == "right"], a.Value)
	}
	for right, value := range most {
		most[right] = 1
		if value > 0 {
			most[right] = roundUp(value)
		}
	}
	return most
}

// roundUp returns the next number with a single digit, of few.
func roundUp(value float64) float64 {
	step := math.Pow(10, math.Floor(math.Log10(value)))
	for _, factor := range []float64{1, 2, 4, 8} {
		if step*factor >= value {
			return step * factor
		}
	}
	return 10 * step
}

// draw draws lines between neighbouring periods, with a dot for each, or areas on top
// of the sums of those below. Where a period has no value there is a gap.
func (p *plot) draw(s cloudwatch.Series, color string, stacked bool, sums map[time.Time]float64) {
	const gap = 5*time.Minute + time.Second
	for len(s.Points) > 0 {
		n := 1
		for n < len(s.Points) && s.Points[n].At.Sub(s.Points[n-1].At) <= gap {
			n++
		}
		ends := []float64{0}
		if stacked && n == 1 {
			ends = []float64{-2, 2} // an area has a width
		}
		var top, bottom []string
		for _, point := range s.Points[:n] {
			x, below := p.x(point.At), sums[point.At]
			y := p.y(s.Right, below+point.Value)
			for _, end := range ends {
				top = append(top, fmt.Sprintf("%.1f %.1f", x+end, y))
				bottom = append(bottom, fmt.Sprintf("%.1f %.1f", x+end, p.y(s.Right, below)))
			}
			if stacked {
				sums[point.At] += point.Value
			} else {
				fmt.Fprintf(p, `<circle fill=%q cx="%.1f" cy="%.1f" r="2"/>`, color, x, y)
			}
		}
		s.Points = s.Points[n:]
		line := strings.Join(top, "L")
		if !stacked {
			fmt.Fprintf(p, `<path class="series" stroke=%q d="M%s"/>`, color, line)
			continue
		}
		slices.Reverse(bottom)
		fmt.Fprintf(p, `<path class="area" fill=%q d="M%sL%sZ"/>`, color, line, strings.Join(bottom, "L"))
	}
}
