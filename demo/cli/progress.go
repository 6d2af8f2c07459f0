package cli

import (
	"fmt"
	"io"
	"sync"
	"time"
	"unicode/utf8"

	"example.com/postinvoke/demo/printer"
)

// slow is how long a step may take before it is mentioned where nothing can be
// overwritten.
const slow = 2 * time.Second

// A Progress shows on standard error what the command waits for. On a terminal
// that is one line, which disappears with the next step. Elsewhere only steps
// that take long are mentioned, one line each.
type Progress struct {
	Terminal bool

	mu    sync.Mutex
	w     io.Writer
	shown bool
	timer *time.Timer
}

// NewProgress returns one that writes to w.
func NewProgress(w io.Writer) *Progress { return &Progress{w: w, Terminal: printer.HasEscapes(w)} }

// Show replaces what is shown, by nothing if text is empty.
func (p *Progress) Show(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	if text == "" {
		return
	}
	if p.Terminal {
		if room := printer.Width(p.w) - len(" …") - 1; room > 0 && utf8.RuneCountInString(text) > room {
			text = string([]rune(text)[:room]) // of more than one line only the last would disappear
		}
		fmt.Fprintf(p.w, "%s …", text)
		p.shown = true
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(slow, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.timer == timer {
			fmt.Fprintf(p.w, "demo: still %s\n", text)
		}
	})
	p.timer = timer
}

// Say prints a line that stays.
func (p *Progress) Say(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintf(p.w, "demo: %s\n", text)
}

// Clear removes what is shown.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *Progress) clear() {
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
