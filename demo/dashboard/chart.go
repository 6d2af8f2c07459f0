package dashboard

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
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

// An axis maps values to heights.
type axis struct{ most, height float64 }

func newAxis(values []float64, height float64) axis {
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	if most == 0 {
		return axis{1, height}
	}
	step := math.Pow(10, math.Floor(math.Log10(most)))
	for _, factor := range []float64{1, 2, 4, 8, 10} {
		if step*factor >= most {
			return axis{step * factor, height}
		}
	}
	return axis{most, height}
}

// label is that of a part of the axis, a quarter or several.
func (a axis) label(part float64) string { return trim(strconv.FormatFloat(a.most*part, 'f', 2, 64)) }

func (a axis) y(value float64) float64 { return a.height - a.height*value/a.most }

// chart draws the series of a widget over time.
func chart(p cloudwatch.Properties, series []cloudwatch.Series, v *cloudwatch.View, columns, rows int) template.HTML {
	width := float64(columns)*unitWidth - 100
	legend := 24 * math.Ceil(float64(legendWidth(series))/(width+60))
	height := float64(rows)*unitHeight - 70 - legend
	left, right, hasRight := axes(p, series, height)
	axisOf := func(isRight bool) axis {
		if isRight {
			return right
		}
		return left
	}
	at := func(t time.Time) float64 { return width * float64(t.Sub(v.From)) / float64(v.To.Sub(v.From)) }

	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="-44 -8 %.0f %.0f" role="img" aria-label=%q>`, width+88, height+28, p.Title)
	for i := range 5 {
		y, part := height*float64(i)/4, float64(4-i)/4
		fmt.Fprintf(&b, `<path class="rule" d="M0 %.1fH%.1f"/><text class="tick end" x="-6" y="%.1f">%s</text>`,
			y, width, y+4, left.label(part))
		if hasRight {
			fmt.Fprintf(&b, `<text class="tick" x="%.1f" y="%.1f">%s</text>`, width+6, y+4, right.label(part))
		}
	}
	for t := v.From.Truncate(30 * time.Minute); !t.After(v.To); t = t.Add(30 * time.Minute) {
		if x := at(t); x >= 0 && (columns > 6 || t.Minute() == 0) {
			fmt.Fprintf(&b, `<text class="tick middle" x="%.1f" y="%.1f">%s</text>`,
				x, height+16, t.UTC().Format("15:04"))
		}
	}
	base := map[time.Time]float64{}
	for i, s := range series {
		drawSeries(&b, s, colour(s, i), axisOf(s.Right), at, p.Stacked, base)
	}
	for _, a := range p.Annotations.Horizontal {
		y := axisOf(a.YAxis == "right").y(a.Value)
		fmt.Fprintf(&b, `<path class="line" stroke=%q d="M0 %.1fH%.1f"/>`+
			`<text class="tick end" x="%.1f" y="%.1f">%s</text>`,
			a.Color, y, width, width, y-3, template.HTMLEscapeString(a.Label))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// axes returns the axes of a widget, of which the right one may have no values.
func axes(p cloudwatch.Properties, series []cloudwatch.Series, height float64) (left, right axis, hasRight bool) {
	values := map[bool][]float64{} // of the right axis, or not
	sums := map[time.Time]float64{}
	for _, s := range series {
		for _, point := range s.Points {
			value := point.Value
			if p.Stacked {
				sums[point.At] += value
				value = sums[point.At]
			}
			values[s.Right] = append(values[s.Right], value)
		}
	}
	for _, a := range p.Annotations.Horizontal {
		isRight := a.YAxis == "right"
		values[isRight] = append(values[isRight], a.Value)
	}
	return newAxis(values[false], height), newAxis(values[true], height), len(values[true]) > 0
}

func legendWidth(series []cloudwatch.Series) int {
	n := 0
	for _, s := range series {
		n += 30 + 7*len(s.Label)
	}
	return n
}

// drawSeries draws lines between neighbouring periods, a dot for each, or areas
// on top of those below. Where a period has no value there is a gap.
func drawSeries(
	b *strings.Builder, s cloudwatch.Series, color string, scale axis, at func(time.Time) float64,
	stacked bool, base map[time.Time]float64,
) {
	const gap = 5*time.Minute + time.Second
	for len(s.Points) > 0 {
		n := 1
		for n < len(s.Points) && s.Points[n].At.Sub(s.Points[n-1].At) <= gap {
			n++
		}
		piece := s.Points[:n]
		s.Points = s.Points[n:]
		if stacked {
			drawArea(b, piece, color, scale, at, base)
			continue
		}
		var line []string
		for _, point := range piece {
			x, y := at(point.At), scale.y(point.Value)
			line = append(line, fmt.Sprintf("%.1f %.1f", x, y))
			fmt.Fprintf(b, `<circle fill=%q cx="%.1f" cy="%.1f" r="2"/>`, color, x, y)
		}
		fmt.Fprintf(b, `<path class="series" stroke=%q d="M%s"/>`, color, strings.Join(line, "L"))
	}
}

// drawArea draws an area on top of the base, and adds it to that.
func drawArea(
	b *strings.Builder, piece []cloudwatch.Point, color string, scale axis, at func(time.Time) float64,
	base map[time.Time]float64,
) {
	var top, bottom []string
	add := func(x float64, point cloudwatch.Point) {
		top = append(top, fmt.Sprintf("%.1f %.1f", x, scale.y(base[point.At]+point.Value)))
		bottom = append(bottom, fmt.Sprintf("%.1f %.1f", x, scale.y(base[point.At])))
	}
	for _, point := range piece {
		if len(piece) == 1 { // a period alone has the width of one
			add(at(point.At)-2, point)
			add(at(point.At)+2, point)
		} else {
			add(at(point.At), point)
		}
		base[point.At] += point.Value
	}
	slices.Reverse(bottom)
	fmt.Fprintf(b, `<path fill=%q d="M%sL%sZ"/>`, color, strings.Join(top, "L"), strings.Join(bottom, "L"))
}
