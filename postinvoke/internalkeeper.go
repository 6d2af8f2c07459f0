package postinvoke

import (
	"log/slog"
	"os"
	"time"

	"example.com/postinvoke/internal/extensionsapi"
	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/record"
)

// An internalKeeper keeps the environment awake itself, as an internal
// extension: a goroutine of the function process that asks for the next event
// only when the hooks of the last one are done.
type internalKeeper struct {
	gate gate.Gate
	api  *extensionsapi.Client
	log  logger
}

// internalName is that of no file in a layer: that makes an extension internal.
const internalName = "postinvoke-internal"

// registerInternal registers the process as an internal extension, which is
// possible until the runtime first asks for an event. On Lambda Managed
// Instances it may not ask for events, and registers only because without an
// extension there is no SIGTERM
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
func registerInternal(address string, managed bool, log logger) (*internalKeeper, error) {
	k := &internalKeeper{api: extensionsapi.New(address, internalName), log: log}
	var events []string
	if !managed {
		events = []string{"INVOKE"}
	}
	if err := k.api.Register(events...); err != nil {
		return nil, err
	}
	k.gate.Connect()
	go k.serve()
	return k, nil
}

// serve takes events until Lambda ends the process. Should it be refused one it
// ends the process itself: Lambda waits for every extension that has registered
// for INVOKE, and would let each further invocation run into its timeout.
func (k *internalKeeper) serve() {
	for {
		event, err := k.api.Next()
		if err != nil {
			k.log.process(slog.LevelError, record.ExtensionProblem,
				slog.String(record.Reason, err.Error()), slog.String(record.Mode, k.mode()))
			os.Exit(1)
		}
		if event.Type != "INVOKE" {
			continue
		}
		verdict := k.gate.Hold(event.RequestID, time.UnixMilli(event.DeadlineMs), nil)
		if verdict != gate.Done {
			k.log.process(slog.LevelWarn, record.Released,
				slog.String(record.RequestID, event.RequestID), slog.String(record.Reason, string(verdict)),
				slog.String(record.Mode, k.mode()))
		}
	}
}

func (k *internalKeeper) begin(requestID string)                 { k.gate.Busy(requestID) }
func (k *internalKeeper) done(requestID string, _ time.Duration) { k.gate.Done(requestID) }
func (k *internalKeeper) mode() string                           { return record.ModeInternal }
func (k *internalKeeper) shutdownBudget() time.Duration          { return budgetInternalOnly }
