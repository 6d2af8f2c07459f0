package postinvoke

import (
	"context"
	"sync"
)

// A watcher notices the end of an invocation's context. Watchers are used
// again: a method value for each invocation would be one more allocation.
type watcher struct {
	inv   *invocation
	ended func() // the method value
}

var watchers sync.Pool

// watch has doneWithoutHooks called when the context of inv has ended, once, and
// never if it does not end.
func watch(inv *invocation) {
	w, ok := watchers.Get().(*watcher)
	if !ok {
		w = &watcher{}
		w.ended = w.contextEnded
	}
	w.inv = inv
	context.AfterFunc(inv.Context, w.ended)
}

func (w *watcher) contextEnded() {
	inv := w.inv
	w.inv = nil
	watchers.Put(w)
	inv.doneWithoutHooks()
}
