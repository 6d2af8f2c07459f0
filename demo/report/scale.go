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
	least    float64
	folded   bool
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
		st.folded = st.to-st.from >= foldedFrom
		isFrozen, waits := false, false // or there is no environment
		for _, span := range spans {
			if span.from > st.from || st.to > span.to {
				continue
			}
			st.least = max(st.least, leastStepOf(span))
			isFrozen, waits = isFrozen || span.Kind == frozen, waits || span.Kind == waiting
			st.folded = st.folded && (span.Kind == frozen || span.Kind == waiting)
		}
		st.folded = st.folded && (isFrozen || !waits)
		s.steps = append(s.steps, st)
	}
	s.fit()
	return s
}

// fit shares out the width.
func (s *scale) fit() {
	folded, least, ms := 0.0, 0.0, 0.0
	for _, st := range s.steps {
		if st.folded {
			folded += foldedWidth
		} else {
			least += st.least
			ms += inMs(st.to - st.from)
		}
	}
	// At least half of the room that is not folded is for true lengths.
	s.width = max(plotWidth, folded+2*least)
	room := s.width - folded
	// Every step that is too short gets the least, until none is.
	for again := true; again && ms > 0; {
		s.perMs, again = room/ms, false
		for i := range s.steps {
			st := &s.steps[i]
			if length := inMs(st.to - st.from); !st.folded && !st.short && length*s.perMs < st.least {
				st.short, again = true, true
				room -= st.least
				ms -= length
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
	return st.x + st.width*min(1, float64(d-st.from)/float64(st.to-st.from))
}

func (s *scale) percent(x float64) float64 { return 100 * x / s.width }

// A tick is a mark on the axis.
type tick struct {
	x      float64
	text   string
	begins bool // an environment begins, and times count from there
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
	before := time.Duration(-1)
	for _, d := range s.tickTimes(every, elapsed) {
		t := tick{x: s.at(d), text: clock(elapsed(d), every)}
		left, right := t.x-textWidth(t.text)/2, t.x+textWidth(t.text)/2
		if len(all) == 0 { // it begins at the edge instead
			left, right = t.x, t.x+textWidth(t.text)
		}
		repeats := len(all) > 0 && all[len(all)-1].text == t.text && before < elapsed(d)
		if repeats || left < free || len(all) > 0 && right > s.width {
			continue
		}
		t.begins = len(all) > 0 && elapsed(d) < before
		all = append(all, t)
		free, before = right+tickGap, elapsed(d)
	}
	return all
}

// tickTimes returns the times for which there may be a tick.
func (s *scale) tickTimes(every time.Duration, elapsed func(time.Duration) time.Duration) []time.Duration {
	times := []time.Duration{s.steps[0].from}
	for i, st := range s.steps {
		since := elapsed(st.from) // no environment begins within a step
		begins := i > 0 && st.from-since != s.steps[i-1].from-elapsed(s.steps[i-1].from)
		if begins || i > 0 && s.steps[i-1].folded {
			times = append(times, st.from)
		}
		if st.folded || st.short {
			continue
		}
		for d := (since + every - 1) / every * every; d < since+st.to-st.from; d += every {
			times = append(times, st.from-since+d)
		}
	}
	if last := s.steps[len(s.steps)-1]; last.folded {
		times = append(times, last.to)
	}
	return times
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
