package postinvoke

import (
	"context"
	"sync"
	"sync/atomic"

	"example.com/postinvoke/internal/testhook"
)

// An environment is the lifetime of an execution environment. The process has
// one, and another for as long as a test of package postinvoketest lasts.
type environment struct {
	inflight inflight

	inTest       bool
	onInvocation func(context.Context) // called with each call of a wrapped handler; nil if not in a test
	test         *Observer

	mu           sync.Mutex
	functions    []*hook   // of Shutdown
	shuttingDown bool      // they were called, or are being called
	wrapped      bool      // a handler was wrapped
	user         *Observer // of the first handler that was wrapped
}

var currentEnvironment atomic.Pointer[environment]

func init() {
	currentEnvironment.Store(&environment{test: noObserver, user: noObserver})
	testhook.Enter = func(onInvocation func(context.Context), observer any) (shutDown, leave func()) {
		before := currentEnvironment.Load()
		e := &environment{inTest: true, onInvocation: onInvocation, test: observer.(*Observer), user: before.observer()}
		currentEnvironment.Store(e)
		return e.shutDown, func() { currentEnvironment.Store(before) }
	}
}

// observer returns the observer of the first handler.
func (e *environment) observer() *Observer {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.user
}

// handlerWrapped makes the observer of the first handler that of the shutdown.
func (e *environment) handlerWrapped(user *Observer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.wrapped {
		e.wrapped, e.user = true, user
	}
}

// reporter returns the reporter of the shutdown.
func (e *environment) reporter() *reporter {
	e.mu.Lock()
	defer e.mu.Unlock()
	log := currentProcess().logger()
	return &reporter{log: log, records: newRecorder(log), user: e.user, test: e.test}
}
