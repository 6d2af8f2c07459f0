package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
)

// Sizes, in pixels.
const (
	namesWidth = 86  // of the column with the names of the lanes
	roomAtEnd  = 130 // for the words beside the last bar
	plotWidth  = 860 // that the page has for all other columns, unless they need more

	// leastStep is the least distance between two moments. Without it nothing
	// would be seen of a response of one millisecond beside a hook of three
	// seconds. An Init phase has room for its words.
	leastStep = 8
	leastInit = 84

	// foldedWidth is the width of a stretch that is frozen or empty, however long
	// it was, if it is no shorter than foldedFrom.
	foldedWidth = 92
	foldedFrom  = 200 * time.Millisecond

	narrowWidth = 48 // below that a bar has its label beside it
)

// A chart is a timeline as a CSS grid: a column for each step from one moment to
// the next, after that for names, and a row for each lane, after that for times.
// Lanes with hooks have several. The browser makes the widths of columns true to
// the length of the steps, with two exceptions: moments keep a least distance,
// and frozen stretches are folded.
type chart struct {
	Columns template.CSS
	Least   int // width of all
	Rows    int
	Lanes   []*laneView
	Times   []timeView
	Bars    []*bar
	drawn   time.Duration // of all that is not folded
}

type laneView struct {
	Name      string
	Row, Rows int
	last      []*span // in each of the rows
}

// A timeView is the time at which a column begins. It is shown if it fits in.
type timeView struct {
	Column int
	Text   string
}

// A bar is a span as it is drawn. Its label may extend beyond it, up to the column
// Space, where the next bar in the row begins.
type bar struct {
	*span
	Row, RowEnd       int
	Begin, End, Space int  // columns; End and Space are those after the last
	narrow            bool // too narrow for a word
}

// Mark reports whether it takes no time, and is drawn as a mark.
func (b *bar) Mark() bool { return b.from == b.to }

// Columns is over how many of the columns it extends.
func (b *bar) Columns() int { return max(1, b.End-b.Begin) }

// LabelFrom is the column, of those of the bar, in which its label begins.
func (b *bar) LabelFrom() int {
	if beside := b.Columns() + 1; b.narrow && b.Begin+beside <= b.Space {
		return beside
	}
	return 1
}

func newChart(spans []*span) *chart {
	var at []time.Duration
	for _, s := range spans {
		at = append(at, s.from, s.to)
	}
	slices.Sort(at)
	at = slices.Compact(at)
	c := &chart{}
	c.addColumns(spans, at)
	column := func(d time.Duration) int {
		i, _ := slices.BinarySearch(at, d)
		return i + 2
	}
	lanes, rows := c.addLanes(spans)
	for _, s := range spans {
		l := lanes[s.Lane]
		b := &bar{span: s, Row: l.Row + rows[s], Begin: column(s.from), End: column(s.to), Space: len(at) + 2}
		b.RowEnd = b.Row + 1
		b.narrow = s.Kind != starting && (s.to-s.from)*plotWidth < c.drawn*narrowWidth
		if s.Kind == frozen { // the whole environment is
			b.RowEnd, b.Space = c.Rows+2, b.End
		}
		for _, before := range slices.Backward(c.Bars) {
			if before.Row == b.Row && before.Space > b.Begin {
				before.Space = max(b.Begin, before.Begin+before.Columns())
			}
		}
		c.Bars = append(c.Bars, b)
	}
	return c
}

// addColumns adds the columns between these moments.
func (c *chart) addColumns(spans []*span, at []time.Duration) {
	var columns strings.Builder
	fmt.Fprintf(&columns, "%dpx", namesWidth)
	least, folded := 0, 0
	for i, from := range at {
		c.Times = append(c.Times, timeView{i + 2, seconds(from)})
		if i+1 == len(at) {
			break
		}
		to := at[i+1]
		width, isFolded := step(spans, from, to)
		if isFolded {
			folded += width
			fmt.Fprintf(&columns, " calc(var(--px)*%d)", width)
		} else {
			least += width
			c.drawn += to - from
			fmt.Fprintf(&columns, " minmax(calc(var(--px)*%d),%dfr)", width, max(1, (to-from).Microseconds()))
		}
	}
	fmt.Fprintf(&columns, " %dpx", roomAtEnd)
	c.Columns = template.CSS(columns.String())
	// At least half of the room that is not folded is for true lengths.
	c.Least = namesWidth + roomAtEnd + max(plotWidth-roomAtEnd, folded+2*least)
}

// step returns the least width of a step. It is folded if nothing but a frozen
// stretch fills it, or nothing at all: there may be no environment.
func step(spans []*span, from, to time.Duration) (width int, folded bool) {
	width, folded = leastStep, to-from >= foldedFrom
	isFrozen, waits := false, false
	for _, s := range spans {
		if s.from > from || to > s.to {
			continue
		}
		switch s.Kind {
		case frozen:
			isFrozen = true
		case waiting:
			waits = true
		case starting:
			folded = false
			if s.from == from {
				width = leastInit
			}
		default:
			folded = false
		}
	}
	if folded && (isFrozen || !waits) {
		return foldedWidth, true
	}
	return width, false
}

// addLanes adds the lanes that have something, one beneath the other, and returns
// them with the row of each span in its lane.
func (c *chart) addLanes(spans []*span) (lanes map[lane]*laneView, rows map[*span]int) {
	lanes, rows = map[lane]*laneView{}, map[*span]int{}
	for _, l := range []lane{caller, platform, function} {
		lanes[l] = &laneView{Name: l.String(), Rows: 1}
	}
	for _, s := range spans {
		if lanes[s.Lane] == nil {
			lanes[s.Lane] = &laneView{Name: s.Lane.String(), Rows: 1}
		}
		if s.Lane == hooks || s.Lane == goroutine {
			rows[s] = lanes[s.Lane].place(s)
		}
	}
	for l := range numLanes {
		if view := lanes[l]; view != nil {
			view.Row = c.Rows + 2
			c.Rows += view.Rows
			c.Lanes = append(c.Lanes, view)
		}
	}
	return lanes, rows
}

// place returns the row for a hook. Those that overlap never share one, and those
// of an invocation only if there are many.
func (v *laneView) place(s *span) int {
	const many = 5
	row := slices.IndexFunc(v.last, func(last *span) bool {
		return last.to < s.from && (last.request != s.request || len(v.last) >= many)
	})
	if row < 0 {
		row, v.last = len(v.last), append(v.last, nil)
	}
	v.last[row], v.Rows = s, len(v.last)
	return row
}
