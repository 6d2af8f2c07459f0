package postinvoke

import (
	"sync"
	"time"
)

// A roster has the invocations whose hooks are not over. It tells them to stop,
// and lets one goroutine wait for their end. Unlike with a sync.WaitGroup one
// may join while it waits, and it need not wait for ever.
//
// Each invocation has a channel of its own to be told by: one that was made in a
// bubble of testing/synctest is of no use to those outside.
type roster struct {
	mu      sync.Mutex
	members map[*invocation]struct{}
	stopped bool
	none    chan struct{} // closed when there are no members; nil unless somebody waits
}

func (r *roster) join(inv *invocation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members == nil {
		r.members = map[*invocation]struct{}{}
	}
	r.members[inv] = struct{}{}
	if r.stopped {
		close(inv.stopped)
	}
}

func (r *roster) leave(inv *invocation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, inv)
	if len(r.members) == 0 && r.none != nil {
		close(r.none)
		r.none = nil
	}
}

// stop tells all members, and whoever joins from now on. It is called once.
func (r *roster) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	for inv := range r.members {
		close(inv.stopped)
	}
}

// wait blocks until there are no members, but no longer than most.
func (r *roster) wait(most time.Duration) {
	r.mu.Lock()
	if len(r.members) == 0 {
		r.mu.Unlock()
		return
	}
	none := make(chan struct{})
	r.none = none
	r.mu.Unlock()
	select {
	case <-none:
	case <-time.After(most):
	}
}
