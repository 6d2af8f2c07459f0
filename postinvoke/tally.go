package postinvoke

import (
	"sync"
	"time"
)

// A tally counts what goes on, and lets one goroutine wait for its end. Unlike
// with a sync.WaitGroup something may begin while it waits, and it need not
// wait for ever.
type tally struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed when n is 0; nil unless somebody waits
}

func (t *tally) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
}

func (t *tally) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n--
	if t.n == 0 && t.none != nil {
		close(t.none)
		t.none = nil
	}
}

// wait blocks until nothing goes on, but no longer than most.
func (t *tally) wait(most time.Duration) {
	t.mu.Lock()
	if t.n == 0 {
		t.mu.Unlock()
		return
	}
	none := make(chan struct{})
	t.none = none
	t.mu.Unlock()
	select {
	case <-none:
	case <-time.After(most):
	}
}
