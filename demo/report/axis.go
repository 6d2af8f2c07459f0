package report

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// A tick is a mark on the axis.
type tick struct {
	x    float64
	text string
}

// tickGap is the least distance between two labels of the axis.
const tickGap = 14.0

// ticks returns round times where the scale is true to the length of things,
// and the times at which frozen stretches end and environments begin: those
// that have room for their labels. All are in seconds, as in the log, with as
// many decimals as tell them apart.
func (s *scale) ticks(elapsed func(time.Duration) time.Duration) []tick {
	if len(s.steps) == 0 {
		return nil
	}
	last := elapsed(s.steps[len(s.steps)-1].to) // has the longest label
	for decimals := 0; ; decimals++ {
		room := textWidth(clock(last, decimals)) + tickGap
		every := roundStep(room / max(s.perMs, 1e-9))
		ticks, same := s.labelled(s.roundTimes(every, elapsed), decimals, elapsed)
		if !same && decimals >= decimalsOf(every) || decimals == 6 {
			return ticks
		}
	}
}

// roundTimes returns the times for which there may be a tick.
func (s *scale) roundTimes(every time.Duration, elapsed func(time.Duration) time.Duration) []time.Duration {
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

// labelled returns the ticks of those times that have room for their labels,
// and reports whether two that follow each other look the same.
func (s *scale) labelled(times []time.Duration, decimals int, elapsed func(time.Duration) time.Duration) (ticks []tick, same bool) {
	free := 0.0 // from here on
	before := time.Duration(-1)
	for i, d := range times {
		text := clock(elapsed(d), exact(elapsed(d), decimals))
		x, w := s.at(d), textWidth(text)
		left, right := x-w/2, x+w/2
		if i == 0 { // it begins at the edge instead
			left, right = x, x+w
		}
		if i > 0 && (left < free || right > s.width) {
			continue
		}
		if len(ticks) > 0 && ticks[len(ticks)-1].text == text && before < elapsed(d) {
			same = true
		}
		ticks = append(ticks, tick{x, text})
		free, before = right+tickGap, elapsed(d)
	}
	return ticks, same
}

// clock renders a time on the axis.
func clock(d time.Duration, decimals int) string {
	if text := fmt.Sprintf("%.*f s", decimals, d.Seconds()); strings.Trim(text, "0. s") != "" {
		return text
	}
	return "0 s"
}

// exact returns how many decimals a label of d needs where the others have that
// many: one more, if it would be off by more than a fifth of its last digit.
func exact(d time.Duration, decimals int) int {
	digits := d.Seconds() * math.Pow10(decimals)
	if math.Abs(digits-math.Round(digits)) > 0.2 {
		return decimals + 1
	}
	return decimals
}

// decimalsOf returns how many decimals multiples of a round time have, in
// seconds.
func decimalsOf(every time.Duration) int {
	decimals := 0
	for d := every; d%time.Second != 0 && decimals < 6; d *= 10 {
		decimals++
	}
	return decimals
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
