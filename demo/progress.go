package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// patience is how long a step may take before it is mentioned where nothing
// can be overwritten.
const patience = 5 * time.Second

// A progress says on standard error what is being waited for. On a terminal
// that is one line, which disappears with the next step. Elsewhere only steps
// that take long are mentioned, one line each.
type progress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	shown    bool
	late     *time.Timer
}

func newProgress(w io.Writer) *progress {
	return &progress{w: w, terminal: isTerminal(w) && !isDumb()}
}

// show replaces what is shown.
func (p *progress) show(text string) {
	p.clear()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		fmt.Fprintf(p.w, "%s …", text)
		p.shown = true
		return
	}
	var late *time.Timer
	late = time.AfterFunc(patience, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.late == late {
			fmt.Fprintf(p.w, "demo: still %s\n", text)
		}
	})
	p.late = late
}

// say says something that stays.
func (p *progress) say(text string) {
	p.clear()
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.w, "demo: %s\n", text)
}

// clear removes what is shown.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.late != nil {
		p.late.Stop()
		p.late = nil
	}
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
