package report

import (
	"fmt"
	"slices"
	"time"
)

// Heights of things in the drawing, in pixels.
const (
	axisHeight = 26
	rowHeight  = 34
	hookHeight = 28
	barHeight  = 24
)

// A drawing is a timeline laid out, for the template chart. Places and widths
// across are in percent, so that it fills whatever width there is.
type drawing struct {
	ID            string
	Width, Height int // Width is the least
	Strips        []strip
	Paper         float64 // how wide the widest strip is, with the names of the lanes
	Lanes         []laneView
	Ticks         []tickView
	Bars          []*barView
	Arrows        []arrowView
}

type laneView struct {
	Name           string
	Y, Height, Mid int
}

type tickView struct {
	X      float64
	Text   string
	Middle bool // centred, as all but the first
}

// A barView is a span as it is drawn.
type barView struct {
	Class        string
	Lane, Name   string
	Explanation  string
	Label        []string // lines; those of frozen stretches have several
	LabelX       float64
	LabelDX      int
	Anchor       string
	Outside      bool // the label stands beside the bar
	X, Width     float64
	Y, H, Mid    int
	Event        bool
	FromMs, ToMs float64
	From, Length string
	row          int
	left, right  float64 // in pixels
	span         *span
}

// An arrowView is the way of a response from the function to the caller.
type arrowView struct {
	X        float64
	From, To int
	Failed   bool
}

// NamesWidth is that of the column with the names of the lanes.
func (d *drawing) NamesWidth() int { return namesWidth }

// Length is that of the arrow.
func (a arrowView) Length() int { return a.From - a.To }

// LineY is where the i-th line of the label is.
func (b *barView) LineY(i int) int {
	const lineHeight = 15
	return b.Mid + lineHeight*(2*i-len(b.Label)+1)/2
}

// Open reports whether what the bar stands for was not over.
func (b *barView) Open() bool { return b.span.open }

// draw lays out what went on. Elapsed is the time to show for one since the
// recording began. No other drawing of the page has the id.
func draw(id string, spans []*span, elapsed func(time.Duration) time.Duration) *drawing {
	s := newScale(spans)
	d := &drawing{ID: id, Width: int(s.width)}
	rows := d.lanes(spans)
	for _, sp := range spans {
		b := newBar(sp, s, rows[sp])
		b.From = fmt.Sprintf("%.3f s", elapsed(sp.from).Seconds())
		b.Y, b.H = d.place(b)
		b.Mid = b.Y + b.H/2
		d.Bars = append(d.Bars, b)
	}
	ticks := s.ticks(elapsed)
	for _, t := range ticks {
		d.Ticks = append(d.Ticks, tickView{percent(t.x, s), t.text, t.x > 0})
	}
	d.cut(s, ticks)
	d.label(s)
	for _, sp := range spans {
		if sp.kind == waiting && !sp.open {
			from := d.Lanes[function].Mid
			if sp.byPlatform {
				from = d.Lanes[platform].Mid
			}
			d.Arrows = append(d.Arrows, arrowView{percent(s.at(sp.to), s), from, d.Lanes[caller].Mid + barHeight/2, sp.failed})
		}
	}
	return d
}

func percent(x float64, s *scale) float64 { return 100 * x / s.width }

// lanes places the lanes that have something, one beneath the other, and
// returns the row of each hook in its lane.
func (d *drawing) lanes(spans []*span) map[*span]int {
	rows, n := hookRows(spans)
	used := map[lane]bool{caller: true, platform: true, function: true}
	for _, s := range spans {
		used[s.lane] = true
	}
	y := axisHeight
	for l := range lanes {
		height := rowHeight
		switch {
		case !used[l]:
			height = 0
		case l.isStaggered():
			height = n * hookHeight
		}
		d.Lanes = append(d.Lanes, laneView{l.String(), y, height, y + min(height, rowHeight)/2})
		y += height
	}
	d.Height = y + 4
	return rows
}

// hookRows shares the hooks out to rows: those of an invocation like stairs,
// and what runs at the same time never in one row. So with goroutines, but
// without stairs.
func hookRows(spans []*span) (rows map[*span]int, n int) {
	const most = 5 // unless more run at the same time
	count, largest := map[string]int{}, 0
	for _, s := range spans {
		switch s.lane {
		case hooks:
			count[s.request]++
			largest = max(largest, count[s.request])
		case goroutine:
			largest = max(largest, 1)
		}
	}
	ends := make([]time.Duration, min(largest, most))
	rows, place := map[*span]int{}, map[string]int{}
	for _, s := range spans {
		if !s.lane.isStaggered() {
			continue
		}
		row := place[s.request] % len(ends) // goroutines have no request
		if s.lane == hooks {
			place[s.request]++
		}
		if ends[row] > s.from {
			row = slices.IndexFunc(ends, func(end time.Duration) bool { return end <= s.from })
		}
		if row < 0 {
			row, ends = len(ends), append(ends, 0)
		}
		rows[s], ends[row] = row, s.to
		if s.kind == event {
			ends[row]++ // two at the same time would hide each other
		}
	}
	return rows, len(ends)
}

// place returns where a bar begins, from the top, and how high it is.
func (d *drawing) place(b *barView) (y, height int) {
	l := d.Lanes[b.span.lane]
	switch {
	case b.span.kind == frozen: // the whole environment is
		last := d.Lanes[len(d.Lanes)-1]
		return l.Y + 2, last.Y + last.Height - l.Y - 4
	case b.span.lane.isStaggered():
		return l.Y + b.row*hookHeight + (hookHeight-barHeight)/2, barHeight
	}
	return l.Y + (rowHeight-barHeight)/2, barHeight
}

func newBar(sp *span, s *scale, row int) *barView {
	b := &barView{
		Class: string(sp.kind), Lane: sp.lane.String(), Name: sp.whole(),
		Explanation: sp.detail, FromMs: inMs(sp.from), ToMs: inMs(sp.to),
		Event: sp.kind == event, row: row, span: sp,
		left: s.at(sp.from), right: s.at(sp.to),
	}
	b.X, b.Width = percent(b.left, s), percent(b.right-b.left, s)
	if sp.kind != event {
		b.Length = length(sp.length())
	}
	if sp.failed {
		b.Class += " failed"
	}
	if sp.open {
		b.Class += " open"
		b.Length += ", not over"
	}
	return b
}
