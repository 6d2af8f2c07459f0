package postinvoke

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"example.com/postinvoke/internal/blackbox"
)

// Shutdown registers fn to be called when Lambda shuts the execution environment
// down; it does not call fn now. Functions run one at a time, the last registered
// first.
//
// Lambda announces the shutdown with SIGTERM, but only to functions with an
// extension. Shutdown registers the process as an internal extension, as [Wrap]
// does: call it during init for the first time.
//
// Lambda allows 500 ms
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
// First, the contexts of hooks that still run are cancelled, and hooks that have
// not started are abandoned. The functions are called when the running hooks have
// returned, or were abandoned after 100 ms. When the functions have returned, or
// 100 ms before the end of the time, one record is logged and the process exits
// with status 0.
//
// The first call installs a handler of SIGTERM; without a call, the signal keeps its
// default effect. Callbacks of lambda.WithEnableSIGTERM run at the same time, and
// are cut off when the process exits: use one of the two.
//
// Shutdown does not block. It may be called at any time, from any goroutine. After
// the shutdown has begun it is too late: fn is not called, and an error is logged.
// Shutdown panics if fn is nil.
func Shutdown(fn func()) {
	onShutdown(&hook{plain: fn, queued: time.Now()})
}

// ShutdownContext registers fn as [Shutdown] does; fn takes a context and may fail.
// The context ends 100 ms before the end of the time that Lambda allows, and a
// function that has not returned by then is abandoned. Errors are logged.
func ShutdownContext(fn func(context.Context) error) {
	onShutdown(&hook{withContext: fn, queued: time.Now()})
}

const (
	// shutdownMargin is kept free for the record and the exit.
	shutdownMargin = 100 * time.Millisecond

	// hooksGrace is how long hooks may take to return after their contexts
	// have ended: before shutdown functions close what they use, and before
	// they are abandoned because of their own timeout.
	hooksGrace = 100 * time.Millisecond
)

func onShutdown(h *hook) {
	if h.isNil() {
		panic("postinvoke: a nil function was registered for the shutdown")
	}
	e := currentEnvironment.Load()
	if !e.inTest {
		// Without an extension there is no SIGTERM.
		currentProcess().shutdownRegistered()
	}
	if !e.register(h) {
		e.reporter().hook(h, refusedResult("the environment is shutting down"))
	}
}

// register adds a shutdown function, and reports false if it is too late.
func (e *environment) register(h *hook) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.shuttingDown {
		return false
	}
	e.functions = append(e.functions, h)
	e.slot().Push(h)
	if len(e.functions) == 1 && !e.inTest {
		go e.awaitSIGTERM(notified())
	}
	return true
}

// slot returns the part of the black box about shutdown functions.
func (e *environment) slot() *blackbox.Slot {
	if e.inTest {
		return nil
	}
	return currentProcess().box.Shutdown()
}

func notified() <-chan os.Signal {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	return signals
}

func (e *environment) awaitSIGTERM(signals <-chan os.Signal) {
	<-signals
	e.shutDown()
	os.Exit(0)
}

// shutDown calls the registered functions, and returns when they have returned or
// their time is up.
func (e *environment) shutDown() {
	began := time.Now()
	p := currentProcess()
	e.inflight.stop()
	e.inflight.wait(nil, hooksGrace+shutdownMargin)

	e.mu.Lock()
	e.shuttingDown = true
	functions := slices.Clone(e.functions)
	e.mu.Unlock()
	slices.Reverse(functions)

	e.slot().SetPhase(blackbox.Shutdown)
	ctx, cancel := context.WithDeadline(background, began.Add(p.shutdownBudget-shutdownMargin))
	defer cancel()
	result := ShutdownResult{Started: began, Budget: p.shutdownBudget, Hooks: len(functions)}
	r := e.reporter()
	for _, h := range functions {
		switch e.runShutdownFunction(ctx, h, r) {
		case OutcomeError, OutcomePanic:
			result.Failures++
		case OutcomeAbandoned:
			result.Abandoned++
		}
	}
	result.Finished = time.Now()
	r.shutdown(result)
	e.slot().Free()
}

// runShutdownFunction calls a shutdown function, and returns how that ended. It is abandoned when
// ctx ends.
func (e *environment) runShutdownFunction(ctx context.Context, h *hook, r *reporter) Outcome {
	if ctx.Err() != nil {
		r.hook(h, h.abandonedResult("no time was left to start it before the environment ends"))
		return OutcomeAbandoned
	}
	e.slot().Pop()
	h.started = time.Now()
	returned := make(chan HookResult, 1)
	go h.invoke(ctx, func(result HookResult) { returned <- result })
	select {
	case result := <-returned:
		e.slot().Done()
		r.hook(h, result)
		return result.Outcome
	case <-ctx.Done():
		r.hook(h, h.abandonedResult("it did not return before the environment ends"))
		if e.inTest { // otherwise the process exits
			go func() { r.lateHook(h, <-returned) }()
		}
		return OutcomeAbandoned
	}
}
