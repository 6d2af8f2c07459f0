package report

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	// plotWidth is the width that the picture is laid out for, in pixels. It
	// may be stretched: only what takes time grows.
	plotWidth = 860.0

	// leastStep is the least distance between two moments. Without it nothing
	// would be seen of a response of one millisecond beside a hook of three
	// seconds.
	leastStep = 7.0

	// foldedWidth is the width of a frozen stretch, however long it was, if it
	// is no shorter than foldedFrom.
	foldedWidth = 82.0
	foldedFrom  = 200 * time.Millisecond
)

// leastSteps are larger ones, so that there is room for a word.
var leastSteps = map[kind]float64{starting: 40, handling: 16, ending: 36}

// A scale maps time to places. In one recording there are microseconds beside
// minutes, so it is true to the length of things with two exceptions: moments
// keep a least distance, and frozen stretches are folded.
type scale struct {
	width float64 // of all, at least plotWidth
	steps []step
	perMs float64 // pixels for a millisecond, where it is true
}

// A step is the time between one moment and the next.
type step struct {
	from, to time.Duration
	x, width float64
	folded   bool
	least    float64
	short    bool // it got the least
}

func newScale(spans []*span) *scale {
	var at []time.Duration
	for _, s := range spans {
		at = append(at, s.from, s.to)
	}
	slices.Sort(at)
	at = slices.Compact(at)
	s := &scale{width: plotWidth}
	for i := 1; i < len(at); i++ {
		st := step{from: at[i-1], to: at[i], least: leastStep}
		st.folded = st.to-st.from >= foldedFrom && isFrozen(spans, st.from, st.to)
		for _, span := range spans {
			if span.from <= st.from && st.to <= span.to {
				st.least = max(st.least, leastSteps[span.kind])
			}
		}
		s.steps = append(s.steps, st)
	}
	s.fit()
	return s
}

// isFrozen reports whether nothing but a frozen stretch fills the time.
func isFrozen(spans []*span, from, to time.Duration) bool {
	is := false
	for _, s := range spans {
		if s.from <= from && to <= s.to && s.length() > 0 {
			if s.kind != frozen && s.kind != waiting {
				return false
			}
			is = is || s.kind == frozen
		}
	}
	return is
}

// fit shares out the width.
func (s *scale) fit() {
	folded, least, unknown := 0.0, 0.0, 0.0
	for _, st := range s.steps {
		if st.folded {
			folded += foldedWidth
		} else {
			least += st.least
			unknown += inMs(st.to - st.from)
		}
	}
	// Half of the room that is not folded, or more, is for true lengths.
	s.width = max(plotWidth, folded+2*least)
	room := s.width - folded
	// Every step that is too short gets the least, until none is.
	for again := true; again && unknown > 0; {
		s.perMs, again = room/unknown, false
		for i := range s.steps {
			st := &s.steps[i]
			if length := inMs(st.to - st.from); !st.folded && !st.short && length*s.perMs < st.least {
				st.short, again = true, true
				room -= st.least
				unknown -= length
			}
		}
	}
	x := 0.0
	for i := range s.steps {
		st := &s.steps[i]
		st.x = x
		switch {
		case st.folded:
			st.width = foldedWidth
		case st.short:
			st.width = st.least
		default:
			st.width = inMs(st.to-st.from) * s.perMs
		}
		x += st.width
	}
	s.width = max(x, plotWidth)
}

// at returns the place of a moment.
func (s *scale) at(d time.Duration) float64 {
	i, found := slices.BinarySearchFunc(s.steps, d, func(st step, d time.Duration) int { return cmp.Compare(st.from, d) })
	if !found {
		i--
	}
	if i < 0 {
		return 0
	}
	st := s.steps[i]
	part := 1.0
	if st.to > st.from {
		part = min(1, float64(d-st.from)/float64(st.to-st.from))
	}
	return st.x + part*st.width
}

// A tick is a mark on the axis.
type tick struct {
	x    float64
	text string
}

// ticks returns round times where the scale is true to the length of things,
// and the times at which frozen stretches end.
func (s *scale) ticks() []tick {
	const room = 52.0
	if len(s.steps) == 0 {
		return nil
	}
	ticks := []tick{{0, clock(s.steps[0].from)}}
	add := func(d time.Duration) {
		if x := s.at(d); x-ticks[len(ticks)-1].x >= room && x <= s.width-room/2 {
			ticks = append(ticks, tick{x, clock(d)})
		}
	}
	every := roundStep(room / max(s.perMs, 1e-9))
	for i, st := range s.steps {
		switch {
		case i > 0 && s.steps[i-1].folded:
			add(st.from)
		case !st.folded && !st.short:
			for d := (st.from + every - 1) / every * every; d < st.to; d += every {
				add(d)
			}
		}
	}
	if last := s.steps[len(s.steps)-1]; last.folded {
		add(last.to)
	}
	return ticks
}

// roundStep returns the round time that is at least so many milliseconds.
func roundStep(ms float64) time.Duration {
	decade := math.Pow(10, math.Floor(math.Log10(ms)))
	for _, factor := range []float64{1, 2, 5, 10} {
		if decade*factor >= ms {
			return max(time.Microsecond, time.Duration(decade*factor*float64(time.Millisecond)))
		}
	}
	return time.Hour
}
