package postinvoke

import (
	"sync"
	"time"
)

// A jointKeeper has an invocation done once, when all wrapped handlers that
// were called in it are. There may be several, which do not know of each other,
// if the handler that was started is not wrapped and calls some that are.
type jointKeeper struct {
	keeper

	mu        sync.Mutex
	requestID string // of the latest invocation
	open      int    // its handlers that are not done
	hooks     time.Duration
}

func (k *jointKeeper) begin(requestID string) {
	k.mu.Lock()
	if k.requestID != requestID {
		k.requestID, k.open, k.hooks = requestID, 0, 0
	}
	k.open++
	k.mu.Unlock()
	k.keeper.begin(requestID)
}

// done passes on the longest time that hooks took: those of several handlers
// start at the same moment, and run side by side.
func (k *jointKeeper) done(requestID string, hooks time.Duration) {
	k.mu.Lock()
	if k.requestID == requestID { // else it was given up, or is one of many at a time
		k.open--
		hooks = max(hooks, k.hooks)
		k.hooks = hooks
		if k.open > 0 {
			k.mu.Unlock()
			return
		}
		k.hooks = 0
	}
	k.mu.Unlock()
	k.keeper.done(requestID, hooks)
}
