package postinvoke

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"example.com/postinvoke/record"
)

// Shutdown registers fn to be called when Lambda shuts the execution
// environment down. Functions run one at a time, the last registered first.
//
// Lambda announces the shutdown with SIGTERM, but only to functions with an
// extension: the layer's, or the one that [Wrap] registers without it. It
// allows about 300 ms with the layer and 500 ms without it
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
// 50 ms before that is over, or as soon as all functions have returned, one
// record is logged and the process exits with status 0. Hooks of invocations
// that still run have their contexts cancelled first, and up to 100 ms to
// return before the first function is called; those that wait are abandoned.
//
// The first call installs the handler of SIGTERM: without any the signal is
// left alone. Callbacks of lambda.WithEnableSIGTERM run beside it, and are cut
// off when it exits: use one of the two.
//
// Shutdown does not block. It may be called at any time, from any goroutine;
// once the shutdown has begun it is too late, and an error is logged. Shutdown
// panics if fn is nil.
func Shutdown(fn func()) {
	onShutdown(&hook{plain: fn})
}

// ShutdownContext is [Shutdown] for a function that takes a context and may
// fail. The context is cancelled when the time is up. Errors are logged.
func ShutdownContext(fn func(context.Context) error) {
	onShutdown(&hook{withContext: fn})
}

const (
	// shutdownMargin is kept free for the record and the exit.
	shutdownMargin = 50 * time.Millisecond

	// hooksGrace is how long cancelled hooks are waited for, lest functions of
	// Shutdown close what they still use.
	hooksGrace = 100 * time.Millisecond
)

func onShutdown(h *hook) {
	if h.isNil() {
		panic("postinvoke: a nil function was registered for the shutdown")
	}
	if l := currentLife.Load(); !l.register(h) {
		_, log := keeperOfProcess()
		l.hookRefused(context.Background(), log, h, "the environment is shutting down")
	}
}

// register adds a shutdown function, and reports false if it is too late.
func (l *life) register(h *hook) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ending {
		return false
	}
	l.atEnd = append(l.atEnd, h)
	if len(l.atEnd) == 1 && l.observer == nil {
		go l.awaitSIGTERM(notified())
	}
	return true
}

func notified() <-chan os.Signal {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	return signals
}

func (l *life) awaitSIGTERM(signals <-chan os.Signal) {
	<-signals
	l.shutDown()
	os.Exit(0)
}

// shutDown calls the registered functions, and returns when they are over or
// their time is up.
func (l *life) shutDown() {
	keeper, log := keeperOfProcess()
	budget := keeper.shutdownBudget()
	began := time.Now()
	l.roster.stop()
	l.roster.wait(hooksGrace + shutdownMargin)

	l.mu.Lock()
	l.ending = true
	hooks := slices.Clone(l.atEnd)
	l.mu.Unlock()
	slices.Reverse(hooks)

	ctx, cancel := context.WithDeadline(context.Background(), began.Add(budget-shutdownMargin))
	defer cancel()
	var failures, over int
	var overruns <-chan *failure // has an element when the one that is not over has returned
	for over < len(hooks) && ctx.Err() == nil {
		h := hooks[over]
		result := make(chan *failure, 1)
		go h.call(ctx, func(failed *failure) { result <- failed })
		select {
		case failed := <-result:
			over++
			if failed != nil {
				failures++
				l.hookFailed(context.Background(), log, h, failed)
			}
		case <-ctx.Done():
			overruns = result
		}
	}
	for i, h := range hooks[over:] {
		if i == 0 && overruns != nil {
			l.hookAbandoned(ctx, log, h, true, "it did not return before the environment ends")
			if l.observer != nil {
				go func() { <-overruns; l.abandonedReturned() }()
			}
		} else {
			l.hookAbandoned(ctx, log, h, false, "no time was left to start it before the environment ends")
		}
	}
	log.process(slog.LevelInfo, record.ShutdownHooks,
		slog.Int(record.HookCount, len(hooks)),
		ms(record.HooksMs, time.Since(began)),
		ms(record.BudgetMs, budget),
		slog.Int(record.Failures, failures),
		slog.Int(record.Abandoned, len(hooks)-over))
}
