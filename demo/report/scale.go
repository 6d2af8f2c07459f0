package report

import (
	"cmp"
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

	// foldedWidth is the width of a stretch that is frozen or empty, however long
	// it was, if it is no shorter than foldedFrom.
	foldedWidth = 82.0
	foldedFrom  = 200 * time.Millisecond
)

// leastSteps are larger ones, so that there is room for a word. A shutdown has
// room in the step of the signal, too.
var leastSteps = map[kind]float64{starting: 40, handling: 16, ending: 26}

// leastStepOf is the least distance between moments of a span.
func leastStepOf(s *span) float64 {
	switch {
	case s.kind == ending && s.lane == function:
		return 78 // for the name of a signal
	case s.lane == goroutine:
		return 14 // for the end of its work
	}
	return max(leastStep, leastSteps[s.kind])
}

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
		st.folded = st.to-st.from >= foldedFrom && isStill(spans, st.from, st.to)
		for _, span := range spans {
			if span.from <= st.from && st.to <= span.to {
				st.least = max(st.least, leastStepOf(span))
			}
		}
		s.steps = append(s.steps, st)
	}
	s.fit()
	return s
}

// isStill reports whether nothing but a frozen stretch fills the time, or
// nothing at all: there may be no environment.
func isStill(spans []*span, from, to time.Duration) bool {
	isFrozen, waits := false, false
	for _, s := range spans {
		if s.from <= from && to <= s.to && s.length() > 0 {
			if s.kind != frozen && s.kind != waiting {
				return false
			}
			isFrozen, waits = isFrozen || s.kind == frozen, waits || s.kind == waiting
		}
	}
	return isFrozen || !waits
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
