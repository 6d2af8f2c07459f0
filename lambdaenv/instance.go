package lambdaenv

import (
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// An instance is one set of processes with the APIs they use, from an init to
// the reset or shutdown that ends it. The address of the APIs is its own, so
// that no late call of an earlier instance can be mistaken for one of this.
//
// Apart from the fields set when it is made, it belongs to the goroutine of
// live.
type instance struct {
	env       *Environment
	telemetry *telemetry
	address   string
	server    *http.Server
	served    chan struct{} // closed when the server has ended
	over      chan struct{} // closed to release everyone who waits
	workers   sync.WaitGroup
	mu        sync.Mutex // guards closed
	closed    bool

	runtime    *process // nil before it was started
	state      runtimeState
	asked      bool // the runtime has asked for its first event
	waiting    []chan<- *invocation
	initError  string   // type of the error that the runtime reported
	initReason []byte   // and what it said
	agents     []*agent // external ones first
	agentError string   // errorType of the first agent that reported one

	current  *invocation            // on demand
	running  map[string]*invocation // of a managed instance
	late     map[string]bool        // ids that a managed instance gave up on
	frozen   bool
	fault    *fault // the first that happened
	stopping bool   // a process that ends does as it should
	shutdown []byte // the SHUTDOWN event, once it is out
}

// newInstance opens the APIs.
func newInstance(e *Environment) (*instance, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	in := &instance{
		env:       e,
		telemetry: e.log.telemetry,
		state:     stateStarted,
		address:   l.Addr().String(),
		served:    make(chan struct{}),
		over:      make(chan struct{}),
		running:   map[string]*invocation{},
		late:      map[string]bool{},
	}
	in.server = &http.Server{Handler: in.handler(), ErrorLog: discardLog}
	go func() {
		defer close(in.served)
		in.server.Serve(l)
	}()
	return in, nil
}

// processes returns the processes that were started: the function's first.
func (in *instance) processes() []*process {
	var ps []*process
	if in.runtime != nil {
		ps = append(ps, in.runtime)
	}
	for _, a := range in.agents {
		if a.process != nil {
			ps = append(ps, a.process)
		}
	}
	return ps
}

// thaw lets the processes go on.
func (in *instance) thaw() {
	if !in.frozen {
		return
	}
	in.frozen = false
	in.env.event(Thawed, "the processes continue") // ahead of what they print then
	for _, p := range in.processes() {
		p.send(sigCont)
	}
}

// drain takes what all processes have printed so far.
func (in *instance) drain() {
	for _, p := range in.processes() {
		p.out.drain()
	}
}

// handOver gives the event to the extensions and the runtime.
func (in *instance) handOver(inv *invocation) {
	inv.extensions = len(in.agents) > 0
	inv.handedOver = time.Now()
	var event []byte
	for _, a := range in.agents {
		if !a.invoke || a.next == nil {
			continue
		}
		if event == nil {
			event = in.invokeEvent(inv)
		}
		a.give(event)
	}
	in.env.log.add(Entry{Source: Platform, Kind: Invoked, RequestID: inv.id, Text: "the runtime has the event"})
	if in.env.cfg.MaxConcurrency == 0 {
		in.state = stateRunning
	}
	in.waiting[0] <- inv
	in.waiting = slices.Delete(in.waiting, 0, 1)
}

// invokeEvent is what extensions see of an invocation.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-lifecycle-invoke
func (in *instance) invokeEvent(inv *invocation) []byte {
	event, err := json.Marshal(struct {
		EventType  string  `json:"eventType"`
		DeadlineMs int64   `json:"deadlineMs"`
		RequestID  string  `json:"requestId"`
		ARN        string  `json:"invokedFunctionArn"`
		Tracing    tracing `json:"tracing"`
	}{
		"INVOKE", inv.deadline.UnixMilli(), inv.id, in.env.cfg.functionARN(inv.request.Qualifier),
		tracing{Type: "X-Amzn-Trace-Id", Value: inv.trace},
	})
	if err != nil {
		panic("lambdaenv: " + err.Error()) // strings marshal
	}
	return event
}

// settled reports whether the invocation is over: the runtime and every
// extension that is registered for INVOKE have asked for the next event.
func (in *instance) settled(inv *invocation) bool {
	return !inv.runtimeDone.IsZero() &&
		!slices.ContainsFunc(in.agents, func(a *agent) bool { return a.invoke && a.state != agentReady })
}

// settledAt is when that was.
func (in *instance) settledAt(inv *invocation) time.Time {
	at := inv.runtimeDone
	for _, a := range in.agents {
		if a.invoke && a.readyAt.After(at) {
			at = a.readyAt
		}
	}
	return at
}

// do runs f on the goroutine of live and returns when it has run. It reports
// false if the instance is over.
func (in *instance) do(f func()) bool {
	done := make(chan struct{})
	select {
	case in.env.calls <- func() { f(); close(done) }:
		<-done
		return true
	case <-in.over:
		return false
	}
}

// enter registers a handler that close has to wait for.
func (in *instance) enter() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return false
	}
	in.workers.Add(1)
	return true
}

// close kills what still lives, closes the APIs, and waits for everyone.
func (in *instance) close() error {
	in.stopping = true
	for _, inv := range in.running {
		inv.timer.Stop()
	}
	err := kill(in.processes())
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
	in.server.Close() // first: a call that gets no answer is one of an instance that is gone
	close(in.over)
	<-in.served
	in.telemetry.end()
	in.workers.Wait()
	return err
}
