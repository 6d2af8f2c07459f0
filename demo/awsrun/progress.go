package awsrun

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// usualIdle is how long AWS has been seen to keep an idle environment.
const usualIdle = 6 * time.Minute

// Progress is what is being waited for.
type Progress struct {
	Step string

	// Passed and Expected are how long it has taken, and is thought to take;
	// zero where that is not known.
	Passed, Expected time.Duration
}

// barWidth is the number of cells of a bar.
const barWidth = 20

// Bar renders the progress in one line, for a terminal.
func (p Progress) Bar() string {
	if p.Expected == 0 {
		return p.Step
	}
	filled := min(barWidth, int(barWidth*p.Passed/p.Expected))
	return fmt.Sprintf("%s [%s%s] %s", p.Step, strings.Repeat("█", filled), strings.Repeat("░", barWidth-filled), p.passed(time.Second))
}

// Sentence renders the progress for where nothing can be overwritten; it
// changes once a minute.
func (p Progress) Sentence() string {
	if p.Expected == 0 {
		return p.Step
	}
	return fmt.Sprintf("%s (%s)", p.Step, p.passed(time.Minute))
}

func (p Progress) passed(unit time.Duration) string {
	passed := short(p.Passed.Truncate(unit))
	if p.Passed > p.Expected {
		return fmt.Sprintf("%s, usually about %s", passed, short(p.Expected))
	}
	return fmt.Sprintf("%s of about %s", passed, short(p.Expected))
}

// short renders a duration without the zeros that Duration.String has.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if s == "0s" {
		return "0m"
	}
	return s
}

// A watch tells what all plays together are waiting for: the one that has come
// least far.
type watch struct {
	tell func(Progress)

	mu    sync.Mutex
	plays []*play
	state map[*play]Progress
}

func newWatch(tell func(Progress)) *watch {
	return &watch{tell: tell, state: map[*play]Progress{}}
}

// say tells of a step that is nobody's.
func (w *watch) say(step string) { w.tell(Progress{Step: step}) }

// end tells that nothing is waited for any more.
func (w *watch) end() { w.tell(Progress{}) }

func (w *watch) show(p *play, state Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.state[p]; !known {
		w.plays = append(w.plays, p)
	}
	w.state[p] = state
	w.refresh()
}

func (w *watch) done(p *play) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.state, p)
	w.refresh()
}

func (w *watch) refresh() {
	var least *Progress
	for _, p := range w.plays {
		state, waiting := w.state[p]
		if !waiting {
			continue
		}
		if least == nil || least.Expected > 0 && (state.Expected == 0 || state.Passed < least.Passed) {
			least = &state
		}
	}
	if least != nil {
		w.tell(*least)
	}
}
