package postinvoke

import (
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"example.com/postinvoke/record"
)

// A keeper keeps the execution environment awake while hooks run.
type keeper interface {
	// begin tells that the handler of an invocation was called, and done that
	// its hooks are over and how long they took after the response.
	begin(requestID string)
	done(requestID string, hooks time.Duration)

	// mode is one of the modes of package record.
	mode() string

	// shutdownBudget is the time between SIGTERM and SIGKILL.
	shutdownBudget() time.Duration
}

// Time that Lambda gives a function between SIGTERM and SIGKILL: beside an
// external extension, and with an internal one only
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
const (
	budgetBesideExternal = 300 * time.Millisecond
	budgetInternalOnly   = 500 * time.Millisecond
)

// process is what all wrapped handlers of the process share.
var process struct {
	once   sync.Once
	mu     sync.Mutex
	keeper keeper
	log    logger
}

// connectOnce finds the keeper of this process, once, and logs which it is.
func connectOnce(log logger) keeper {
	process.once.Do(func() {
		found, reason, level := connect(log)
		log.process(level, record.Ready,
			slog.String(record.Mode, found.mode()), slog.String(record.Reason, reason))
		process.mu.Lock()
		defer process.mu.Unlock()
		process.keeper, process.log = &jointKeeper{keeper: found}, log
	})
	return process.keeper
}

// keeperOfProcess returns the keeper that was found, and the logger of the
// first wrapped handler, or what stands in for them before there is one.
func keeperOfProcess() (keeper, logger) {
	process.mu.Lock()
	defer process.mu.Unlock()
	if process.keeper == nil {
		return noKeeper{}, newLogger(nil)
	}
	return process.keeper, process.log
}

// connect returns the keeper to use, why, and how worrying that is.
func connect(log logger) (k keeper, reason string, level slog.Level) {
	api := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	if api == "" {
		return noKeeper{}, "not on Lambda: AWS_LAMBDA_RUNTIME_API is not set", slog.LevelInfo
	}
	managed := os.Getenv("AWS_LAMBDA_INITIALIZATION_TYPE") == "lambda-managed-instances"
	notFrozen := ""
	if managed {
		notFrozen = "; Lambda Managed Instances are not frozen between invocations"
	}

	link, address, err := openLink(managed, log)
	if err == nil {
		return link, "connected to the extension on " + address + notFrozen, slog.LevelInfo
	}
	reason, level = err.Error(), slog.LevelInfo
	if !errors.Is(err, errNobodyListens) {
		level = slog.LevelWarn
	}
	internal, err := registerInternal(api, managed, log)
	if err != nil {
		return noKeeper{}, reason + "; " + err.Error() + ": hooks may be frozen before they are done", slog.LevelError
	}
	return internal, reason + "; registered as an internal extension" + notFrozen, level
}

// noKeeper stands where nothing keeps the environment awake, or need do so.
type noKeeper struct{}

func (noKeeper) begin(string)                  {}
func (noKeeper) done(string, time.Duration)    {}
func (noKeeper) mode() string                  { return record.ModeNone }
func (noKeeper) shutdownBudget() time.Duration { return budgetBesideExternal }
