package report

import (
	"fmt"
	"slices"
	"time"
)

// Sizes of things in the drawing, in pixels.
const (
	axisHeight = 26
	rowHeight  = 34
	hookHeight = 28
	barHeight  = 24
	namesWidth = 86 // of the column with the names of the lanes

	// On paper, landscape, there is room for so much of a timeline; a longer one
	// is cut into strips, of which each is at most so wide: its words are then
	// some 6.5 points high.
	paperWidth = 870
	stripWidth = 1250
)

// A drawing is a timeline laid out, for the template chart. Places and widths
// across are in percent, so that it fills any width.
type drawing struct {
	ID            string
	Width, Height int // Width is the least
	NamesWidth    int
	Lanes         []laneView
	Ticks         []tick
	Bars          []*bar
	Arrows        []arrow
	Strips        []strip
	PaperWidth    float64 // of the widest strip, with the names of the lanes
}

type laneView struct {
	Name           string
	Y, Height, Mid int
}

// A bar is a span as it is drawn.
type bar struct {
	*span
	X, Width    float64
	Y, H, Mid   int
	From        string
	Label       []string // lines; those of frozen stretches have several
	LabelX      float64
	LabelDX     int
	Anchor      string
	Outside     bool // the label stands beside the bar
	row         int
	left, right float64 // in pixels
}

// Event reports whether it takes no time, and is drawn as a mark.
func (b *bar) Event() bool { return b.Kind == event }

// FromMs is when it begins, for the live page and tests.
func (b *bar) FromMs() float64 { return inMs(b.from) }

// ToMs is when it ends, for tests.
func (b *bar) ToMs() float64 { return inMs(b.to) }

// Length is how long it took, if it is no mark.
func (b *bar) Length() string {
	switch {
	case b.Event():
		return ""
	case b.Open:
		return length(b.length()) + " so far"
	}
	return length(b.length())
}

// LineY is where the i-th line of the label is.
func (b *bar) LineY(i int) int {
	const lineHeight = 15
	return b.Mid + lineHeight*(2*i-len(b.Label)+1)/2
}

// An arrow is the way of a response from the function to the caller.
type arrow struct {
	X           float64
	Top, Length int
	Failed      bool
}

// draw lays out spans. Elapsed is the time to show for one since the recording
// began. The id is unique in the page.
func draw(id string, spans []*span, elapsed func(time.Duration) time.Duration) *drawing {
	s := newScale(spans)
	d := &drawing{ID: id, Width: int(s.width), NamesWidth: namesWidth, Ticks: s.ticks(elapsed)}
	rows := d.placeLanes(spans)
	for _, sp := range spans {
		b := &bar{span: sp, row: rows[sp], left: s.at(sp.from), right: s.at(sp.to)}
		b.X, b.Width = s.percent(b.left), s.percent(b.right-b.left)
		b.From = fmt.Sprintf("%.3f s", elapsed(sp.from).Seconds())
		b.Y, b.H = d.height(b)
		b.Mid = b.Y + b.H/2
		d.Bars = append(d.Bars, b)
		if sp.Kind == waiting && !sp.Open {
			d.Arrows = append(d.Arrows, d.arrow(s, sp))
		}
	}
	d.cut(s.width)
	d.label(s.width)
	return d
}

// placeLanes places the lanes that have something, one beneath the other, and
// returns the row of each hook in its lane.
func (d *drawing) placeLanes(spans []*span) map[*span]int {
	rows, n := hookRows(spans)
	used := map[lane]bool{caller: true, platform: true, function: true}
	for _, s := range spans {
		used[s.Lane] = true
	}
	y := axisHeight
	for l := range lanes {
		height := rowHeight
		switch {
		case !used[l]:
			height = 0
		case l.hasRows():
			height = n * hookHeight
		}
		d.Lanes = append(d.Lanes, laneView{l.String(), y, height, y + min(height, rowHeight)/2})
		y += height
	}
	d.Height = y + 4
	return rows
}

// hasRows reports whether a lane has several rows.
func (l lane) hasRows() bool { return l == hooks || l == goroutine }

// hookRows assigns a row to each hook. Each hook of an invocation goes one row below
// the one before; hooks that overlap never share a row. Goroutines share rows where
// they do not overlap.
func hookRows(spans []*span) (rows map[*span]int, n int) {
	const most = 5 // unless more run at the same time
	steps, deepest := map[string]int{}, 0
	for _, s := range spans {
		switch s.Lane {
		case hooks:
			steps[s.request]++
			deepest = max(deepest, steps[s.request])
		case goroutine:
			deepest = max(deepest, 1)
		}
	}
	ends := make([]time.Duration, min(deepest, most))
	rows = map[*span]int{}
	clear(steps)
	for _, s := range spans {
		if !s.Lane.hasRows() {
			continue
		}
		row := steps[s.request] % len(ends) // goroutines have no request
		if s.Lane == hooks {
			steps[s.request]++
		}
		if ends[row] > s.from {
			row = slices.IndexFunc(ends, func(end time.Duration) bool { return end <= s.from })
		}
		if row < 0 {
			row, ends = len(ends), append(ends, 0)
		}
		rows[s], ends[row] = row, s.to
		if s.Kind == event {
			ends[row]++ // two at the same time would hide each other
		}
	}
	return rows, len(ends)
}

// height returns where a bar begins, from the top, and how high it is.
func (d *drawing) height(b *bar) (y, height int) {
	l := d.Lanes[b.Lane]
	switch {
	case b.Kind == frozen: // the whole environment is
		return l.Y + 2, d.Height - 4 - l.Y - 4
	case b.Lane.hasRows():
		return l.Y + b.row*hookHeight + (hookHeight-barHeight)/2, barHeight
	}
	return l.Y + (rowHeight-barHeight)/2, barHeight
}

func (d *drawing) arrow(s *scale, call *span) arrow {
	from, top := d.Lanes[function].Mid, d.Lanes[caller].Mid+barHeight/2
	if call.byPlatform {
		from = d.Lanes[platform].Mid
	}
	return arrow{s.percent(s.at(call.to)), top, from - top, call.Failed}
}

// A strip is a part of a timeline that is too wide for a page: on paper,
// which does not scroll, strips stand one beneath the other.
type strip struct{ From, Width float64 }

func (s strip) end() float64 { return s.From + s.Width }

// cut divides the timeline into strips, if it does not fit on a page. It cuts
// where the environment is frozen, if there is such a place in the second half of
// a strip.
func (d *drawing) cut(width float64) {
	if width <= paperWidth {
		return
	}
	for from := 0.0; from < width; {
		to := min(from+stripWidth, width)
		for _, b := range d.Bars {
			if b.Kind == frozen && b.left > from+stripWidth/2 && b.left < from+stripWidth && to < width {
				to = b.left
			}
		}
		d.Strips = append(d.Strips, strip{from, to - from})
		d.PaperWidth = max(d.PaperWidth, namesWidth+to-from)
		from = to
	}
}
