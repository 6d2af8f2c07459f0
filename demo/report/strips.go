package report

import "slices"

// Widths on paper, in pixels of the drawing.
const (
	namesWidth = 86  // of the column with the names of the lanes
	pageWidth  = 870 // so much of a timeline fits on a page, landscape, as it is

	// stripWidth is the most of a timeline that is printed from left to right:
	// its words are then some 6.5 points high.
	stripWidth = 1250
)

// A strip is a part of a timeline that is too wide for a page: on paper, where
// nobody can scroll, strips stand one beneath the other.
type strip struct{ From, Width float64 }

// Across is where something begins and ends that should not be cut.
type across struct{ left, right float64 }

// cut divides the timeline into strips, if it does not fit on a page.
func (d *drawing) cut(s *scale, ticks []tick) {
	if s.width <= pageWidth {
		return
	}
	all := d.things(ticks)
	from := 0.0
	for s.width-from > stripWidth {
		to := placeToCut(all, from)
		d.Strips = append(d.Strips, strip{from, to - from})
		from = to
	}
	d.Strips = append(d.Strips, strip{from, s.width - from})
	for _, strip := range d.Strips {
		d.Paper = max(d.Paper, namesWidth+strip.Width)
	}
}

// things are where the bars are, and the labels of the axis.
func (d *drawing) things(ticks []tick) []across {
	var all []across
	for _, b := range d.Bars {
		thing := across{b.left, b.right}
		if b.Event { // it takes no time, and has a mark around that
			thing = across{b.left - 2, b.right + 2}
		}
		all = append(all, thing)
	}
	for _, t := range ticks {
		w := textWidth(t.text)
		all = append(all, across{t.x - w/2, t.x + w/2})
	}
	return all
}

// between returns the part of a stretch around a bar that is in the same strip:
// there is room for its label.
func (d *drawing) between(b *barView, left, right float64) (float64, float64) {
	for _, strip := range d.Strips {
		if strip.From <= b.left {
			left = max(left, strip.From)
		}
		if end := strip.From + strip.Width; end >= b.right {
			right = min(right, end)
		}
	}
	return left, right
}

// placeToCut is the last place at which the least is cut in two, if that leaves
// at least half of a strip.
func placeToCut(all []across, from float64) float64 {
	places := []float64{from + stripWidth}
	for _, thing := range all {
		if thing.left > from+stripWidth/2 && thing.left < from+stripWidth {
			places = append(places, thing.left)
		}
	}
	slices.Sort(places)
	best, fewest := 0.0, len(all)+1
	for _, x := range places {
		crossed := 0
		for _, thing := range all {
			if thing.left < x && x < thing.right {
				crossed++
			}
		}
		if crossed <= fewest {
			best, fewest = x, crossed
		}
	}
	return best
}
