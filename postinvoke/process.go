package postinvoke

import (
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/postinvoke/internal/blackbox"
	"example.com/postinvoke/internal/extensionsapi"
	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/record"
)

// A process is what all wrapped handlers and shutdown functions share: the
// registration as an internal extension, and the black box.
type process struct {
	onLambda bool
	managed  bool          // Lambda Managed Instances: many invocations at once, and no freeze
	mode     string        // record.ModeInternal or record.ModeNone
	gate     *gate.Gate    // nil if the environment need not, or cannot, be kept awake
	box      *blackbox.Box // nil without the layer

	// shutdownBudget is the time that Lambda gives the process between SIGTERM
	// and SIGKILL.
	shutdownBudget time.Duration

	// The ready record. A logger that receives it may call Shutdown, which a
	// sync.Once would not allow.
	reasons []string
	level   slog.Level
	ready   atomic.Bool // it was logged, or is being logged

	mu  sync.Mutex
	log logger // of the first wrapped handler
}

// Time between SIGTERM and SIGKILL for a process that is an internal extension,
// and for one beside an external extension
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
const (
	budgetInternal = 500 * time.Millisecond
	budgetExternal = 300 * time.Millisecond
)

// internalName is not the name of a file in a layer: that makes an extension
// internal.
const internalName = "postinvoke-internal"

// registerWithin is how long the Extensions API may take to register the process.
// On Lambda it takes milliseconds. An emulator that lacks this API must not prevent
// the function from starting.
const registerWithin = 2 * time.Second

// calledWithin is how long a handler may take to be called in a process that is
// idle. aws-lambda-go answers events that it cannot decode by itself.
const calledWithin = 2 * time.Second

// currentProcess registers the process when it is first called.
var currentProcess = sync.OnceValue(connect)

func connect() *process {
	p := &process{mode: record.ModeNone, shutdownBudget: budgetInternal, log: ownLog}
	address := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	if address == "" {
		p.reasons = append(p.reasons, "not on Lambda: AWS_LAMBDA_RUNTIME_API is not set")
		return p
	}
	p.onLambda = true
	p.managed = os.Getenv("AWS_LAMBDA_INITIALIZATION_TYPE") == "lambda-managed-instances"
	opened := make(chan error, 1)
	go func() { opened <- p.openBox() }() // while Lambda registers the process
	api := p.register(address)
	if err := <-opened; err != nil {
		p.level = max(p.level, slog.LevelWarn)
		p.reasons = append(p.reasons, "hooks lost in a crash are not logged: "+err.Error())
	}
	if api != nil {
		go p.serve(api) // which reads what was set above
	}
	return p
}

// register makes the process an internal extension, which is possible until the
// runtime first requests an event. On Lambda Managed Instances extensions receive no
// INVOKE events, and the process registers only because without an extension there
// is no SIGTERM
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
// It returns nil if Lambda refuses.
func (p *process) register(address string) *extensionsapi.Client {
	api := extensionsapi.New(address, internalName)
	var events []string
	if !p.managed {
		events = []string{"INVOKE"}
	}
	if err := api.Register(registerWithin, events...); err != nil {
		p.reasons = append(p.reasons, err.Error()+": hooks may be frozen before they are done")
		p.level = slog.LevelError
		p.shutdownBudget = budgetExternal
		return nil
	}
	p.mode = record.ModeInternal
	reason := "registered as an internal extension"
	if p.managed {
		reason += "; Lambda Managed Instances are not frozen between invocations"
	} else {
		p.gate = &gate.Gate{NotCalledAfter: calledWithin, Used: processorTime}
	}
	p.reasons = append(p.reasons, reason)
	return api
}

// openBox opens the black box, if the extension has created one.
func (p *process) openBox() (err error) {
	p.box, err = blackbox.Open(func(err error) {
		// In a goroutine, because the caller holds locks that a logger that
		// registers hooks would wait for.
		go p.logger().process(slog.LevelError, record.LibraryProblem,
			slog.String(record.Reason, err.Error()+": hooks lost in a crash are not logged any more"))
	})
	return err
}

// serve takes events until Lambda ends the process. If Lambda refuses one, serve
// ends the process: Lambda waits for every extension that has registered for INVOKE,
// so each further invocation would run into its timeout.
func (p *process) serve(api *extensionsapi.Client) {
	for {
		event, err := api.Next()
		p.logReady()
		if err != nil {
			p.logger().process(slog.LevelError, record.LibraryProblem, slog.String(record.Reason, err.Error()))
			os.Exit(1)
		}
		if event.Type != "INVOKE" || p.gate == nil {
			continue
		}
		reason := p.gate.Hold(event.RequestID, time.UnixMilli(event.DeadlineMs))
		if reason != gate.Done && reason != gate.Unwrapped {
			p.logger().write(background, slog.LevelWarn, record.Released, event.RequestID,
				[]slog.Attr{slog.String(record.Reason, string(reason))})
		}
	}
}

// handlerWrapped notes that there is a handler to wait for, and logs the ready
// record. The logger of the first handler receives the records of the process.
func (p *process) handlerWrapped(log logger) {
	if p.ready.CompareAndSwap(false, true) {
		p.mu.Lock()
		p.log = log
		p.mu.Unlock()
		p.writeReady()
	}
	if p.gate != nil {
		p.gate.Wrapped()
	}
}

// shutdownRegistered logs the ready record if it reports that shutdown functions may
// not be called. Otherwise the first wrapped handler logs it, with its logger.
func (p *process) shutdownRegistered() {
	if p.level > slog.LevelInfo {
		p.logReady()
	}
}

// logReady logs the ready record, unless that was done.
func (p *process) logReady() {
	if p.ready.CompareAndSwap(false, true) {
		p.writeReady()
	}
}

func (p *process) writeReady() {
	p.logger().process(p.level, record.Ready, slog.String(record.Mode, p.mode),
		slog.Bool(record.Layer, p.box != nil), slog.String(record.Reason, strings.Join(p.reasons, "; ")))
}

func (p *process) logger() logger {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log
}
