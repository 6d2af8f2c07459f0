package postinvoke

import (
	"sync"
	"time"
)

// inflight holds the invocations that have unfinished hooks. It stops them, and
// waits for them. Unlike with a sync.WaitGroup, invocations may be added during a
// wait, and a wait may have a limit.
//
// Each invocation has its own channels: a channel that was made in a bubble of
// testing/synctest cannot be used outside.
type inflight struct {
	mu      sync.Mutex
	all     map[*invocation]struct{}
	stopped bool
}

func (f *inflight) add(inv *invocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[*invocation]struct{}{}
	}
	f.all[inv] = struct{}{}
	if f.stopped {
		close(inv.stopped)
	}
}

func (f *inflight) remove(inv *invocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, inv)
	close(inv.finished)
}

// stop stops all invocations, and those added from now on. It is called once.
func (f *inflight) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	for inv := range f.all {
		close(inv.stopped)
	}
}

// wait blocks until the invocations that are in flight now have finished, except
// for one, but no longer than the limit.
func (f *inflight) wait(except *invocation, limit time.Duration) {
	f.mu.Lock()
	var others []*invocation
	for inv := range f.all {
		if inv != except {
			others = append(others, inv)
		}
	}
	f.mu.Unlock()
	if len(others) == 0 {
		return
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for _, inv := range others {
		select {
		case <-inv.finished:
		case <-timer.C:
			return
		}
	}
}
