package report

import (
	"cmp"
	"math"
	"slices"
	"strconv"
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

	// tickGap is the least distance between two labels of the axis.
	tickGap = 14.0
)

// leastStepOf is the least distance between moments of a span: there is room for
// a word.
func leastStepOf(s *span) float64 {
	switch {
	case s.Kind == ending && s.Lane == function:
		return 78 // the name of a signal
	case s.Kind == ending:
		return 26 // there is room in the step of the signal, too
	case s.Kind == starting:
		return 40
	case s.Kind == handling:
		return 16
	case s.Lane == goroutine:
		return 14 // the end of its work
	}
	return leastStep
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
}

func (s step) ms() float64 { return inMs(s.to - s.from) }

func newScale(spans []*span) *scale {
	var at []time.Duration
	for _, s := range spans {
		at = append(at, s.from, s.to)
	}
	slices.Sort(at)
	at = slices.Compact(at)
	s := &scale{}
	folded, least := 0.0, 0.0
	for i := 1; i < len(at); i++ {
		st := newStep(spans, at[i-1], at[i])
		if st.folded {
			folded += st.width
		} else {
			least += st.width
		}
		s.steps = append(s.steps, st)
	}
	// At least half of the room that is not folded is for true lengths.
	s.fit(max(plotWidth-folded, 2*least))
	for i := range s.steps {
		st := &s.steps[i]
		st.x = s.width
		if !st.folded {
			st.width = max(st.width, st.ms()*s.perMs)
		}
		s.width += st.width
	}
	s.width = max(s.width, plotWidth)
	return s
}

// fit finds how many pixels a millisecond gets in the room for steps that are not
// folded: those for which that is too little get their least width.
func (s *scale) fit(room float64) {
	s.perMs = math.Inf(1)
	for {
		rest, ms := room, 0.0
		for _, st := range s.steps {
			switch {
			case st.folded:
			case st.ms()*s.perMs < st.width:
				rest -= st.width
			default:
				ms += st.ms()
			}
		}
		perMs := rest / max(ms, 1e-9)
		if perMs >= s.perMs {
			return
		}
		s.perMs = perMs
	}
}

// newStep returns a step with its least width. It is folded if nothing but a
// frozen stretch fills it, or nothing at all: there may be no environment.
func newStep(spans []*span, from, to time.Duration) step {
	st := step{from: from, to: to, width: leastStep, folded: to-from >= foldedFrom}
	isFrozen, waits := false, false
	for _, span := range spans {
		if span.from > from || to > span.to {
			continue
		}
		st.width = max(st.width, leastStepOf(span))
		switch span.Kind {
		case frozen:
			isFrozen = true
		case waiting:
			waits = true
		default:
			st.folded = false
		}
	}
	st.folded = st.folded && (isFrozen || !waits)
	if st.folded {
		st.width = foldedWidth
	}
	return st
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
	return st.x + st.width*min(1, float64(d-st.from)/float64(st.to-st.from))
}

// percent is a place or width in percent of all, with as many digits as are seen.
func (s *scale) percent(x float64) float64 { return math.Round(1e6*x/s.width) / 1e4 }

// A tick is a mark on the axis.
type tick struct {
	X      float64 // in percent
	Text   string
	Begins bool // an environment begins, and times count from there
}

// ticks returns round times where the scale is true to the length of things,
// and the times at which frozen stretches end and environments begin, if there
// is room for their labels. Labels are seconds, as in the log: elapsed is the
// time to show.
func (s *scale) ticks(elapsed func(time.Duration) time.Duration) []tick {
	if len(s.steps) == 0 {
		return nil
	}
	end := elapsed(s.steps[len(s.steps)-1].to) // has the longest label
	every := time.Second
	for range 2 { // the distance of ticks determines the decimals, and those the distance
		widest := textWidth(clock(end.Truncate(every)+every, every))
		every = roundStep((widest + tickGap) / max(s.perMs, 1e-9))
	}
	var all []tick
	free := 0.0 // from here on
	add := func(d time.Duration, begins bool) {
		x, text := s.at(d), clock(elapsed(d), every)
		left, right := x-textWidth(text)/2, x+textWidth(text)/2
		if len(all) == 0 { // it begins at the edge instead
			left, right = x, x+textWidth(text)
		}
		repeats := len(all) > 0 && all[len(all)-1].Text == text && !begins
		if left >= free && (right <= s.width || len(all) == 0) && !repeats {
			all = append(all, tick{s.percent(x), text, begins})
			free = right + tickGap
		}
	}
	var origin time.Duration // when the environment began
	for i, st := range s.steps {
		before := origin
		origin = st.from - elapsed(st.from) // none begins within a step
		begins := i > 0 && origin != before
		if i == 0 || begins || s.steps[i-1].folded {
			add(st.from, begins)
		}
		if st.folded || st.ms()*s.perMs < st.width-0.01 {
			continue
		}
		for d := (st.from - origin + every - 1) / every * every; d < st.to-origin; d += every {
			add(origin+d, false)
		}
	}
	if last := s.steps[len(s.steps)-1]; last.folded {
		add(last.to, false)
	}
	return all
}

// clock renders a time on an axis with a tick every so often, with as many
// decimals as the ticks have, and more if it would look like another time.
func clock(d, every time.Duration) string {
	tolerance := every / 25
	if d < tolerance {
		return "0 s"
	}
	decimals, unit := 0, time.Second
	for unit > time.Microsecond && (every%unit != 0 || (d.Round(unit)-d).Abs() > tolerance) {
		decimals, unit = decimals+1, unit/10
	}
	return strconv.FormatFloat(d.Seconds(), 'f', decimals, 64) + " s"
}

// roundStep returns the round time that is at least so many milliseconds.
func roundStep(ms float64) time.Duration {
	decade := math.Pow(10, math.Floor(math.Log10(ms)))
	for _, factor := range []float64{1, 2, 5, 10} {
		if decade*factor >= ms {
			return max(time.Microsecond, time.Duration(math.Round(decade*factor*float64(time.Millisecond))))
		}
	}
	return time.Hour
}
