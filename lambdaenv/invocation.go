package lambdaenv

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Values of Report.Status.
const (
	statusSuccess = "success"
	statusError   = "error"
	statusTimeout = "timeout"
)

// An invocation is one event on its way through the environment. It belongs to
// the goroutine of live.
type invocation struct {
	id        string
	attemptID string // another for each attempt
	attempt   int    // that came before this one
	trace     string
	spanID    string // of the invocation, in that trace
	request   Request

	response chan *Response  // what the caller waits for
	stream   *ResponseStream // or reads, if not nil
	answered bool            // the caller has it

	begun      time.Time // its time counts from here
	deadline   time.Time
	handedOver time.Time
	responding time.Time // the response began to arrive
	responded  time.Time
	runtimeDone,
	idle, ended time.Time

	init       time.Duration // of a cold start
	status     string
	errorType  string // that the function reported
	fault      *fault // what ended it, if something did
	produced   int    // bytes of the response
	extensions bool   // there are any
	timer      *time.Timer
}

func newInvocation(r Request) *invocation {
	inv := &invocation{id: newUUID(), trace: r.TraceHeader, request: r, spanID: fmt.Sprintf("%016x", rand.Uint64())}
	if inv.trace == "" {
		inv.trace = fmt.Sprintf("Root=1-%08x-%08x%016x;Parent=%016x;Sampled=0",
			time.Now().Unix(), rand.Uint32(), rand.Uint64(), rand.Uint64())
	}
	inv.prepare()
	return inv
}

// prepare makes the invocation ready for an attempt.
func (inv *invocation) prepare() {
	inv.attemptID = newUUID()
	inv.response = make(chan *Response, 1)
	inv.status = statusSuccess
}

// retry puts a failed asynchronous invocation into the queue again, unless it
// was tried often enough.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
func (e *Environment) retry(inv *invocation) {
	if !inv.request.Async || inv.status == statusSuccess || inv.attempt >= e.cfg.Retries {
		return
	}
	again := &invocation{id: inv.id, attempt: inv.attempt + 1, trace: inv.trace, spanID: inv.spanID, request: inv.request}
	again.prepare()
	if e.cfg.RetryDelay <= 0 {
		e.enqueue(again)
		return
	}
	e.delayed++
	time.AfterFunc(e.cfg.RetryDelay, func() {
		e.do(func() {
			e.delayed--
			e.enqueue(again)
		})
	})
}

// newUUID returns a random UUID (version 4).
func newUUID() string {
	a, b := rand.Uint64(), rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", uint32(a>>32), uint16(a>>16), a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

// enqueue takes an invocation.
func (e *Environment) enqueue(inv *invocation) {
	e.queue = append(e.queue, inv)
	if e.cfg.MaxConcurrency > 0 {
		e.dispatch()
	}
}

// invoke runs one invocation to its end, hooks and extensions included. After
// a reset the init that the environment still needs is part of it ("suppressed
// init").
func (e *Environment) invoke(inv *invocation) error {
	e.idle = false
	e.current = inv
	e.log.setRequest(inv.id)
	defer e.log.setRequest("")
	defer func() { e.current = nil }()
	inv.begun = time.Now()
	inv.deadline = inv.begun.Add(e.cfg.Timeout)
	suppressed := e.in == nil
	if suppressed {
		err := e.initialize(phaseInvoke, inv.deadline)
		if f := (*fault)(nil); errors.As(err, &f) {
			e.platform.start(inv)
			return e.fail(inv, f)
		}
		if err != nil {
			return err
		}
	}
	in := e.in
	in.thaw()
	e.platform.start(inv)
	if !suppressed {
		inv.init, e.coldInit = e.coldInit, 0
		inv.begun = time.Now()
		inv.deadline = inv.begun.Add(e.cfg.Timeout)
	}
	in.current = inv
	in.handOver(inv)
	switch err := e.until(inv.deadline, func() bool { return in.fault != nil || in.settled(inv) }); {
	case errors.Is(err, ErrClosed):
		return err
	case err != nil:
		return e.fail(inv, timedOut(inv.deadline))
	case in.fault != nil:
		return e.fail(inv, in.fault)
	}
	in.current = nil
	inv.idle = in.settledAt(inv)
	inv.ended = inv.idle
	in.drain() // hooks have printed after the runtime asked for the next event
	e.event(Idle, "everyone asked for the next event")
	e.report(inv)
	return nil
}

func timedOut(at time.Time) *fault {
	return &fault{errorType: "Sandbox.Timedout", at: at}
}

// fail ends an invocation that timed out or crashed, and resets the
// environment. A caller who has no response yet gets the error at once.
func (e *Environment) fail(inv *invocation, f *fault) error {
	reason := "failure"
	inv.fault, inv.status, inv.ended = f, statusError, f.at
	if f.errorType == "Sandbox.Timedout" {
		inv.status, reason = statusTimeout, "timeout"
		f.message = fmt.Sprintf("Task timed out after %.2f seconds", inv.duration().Seconds())
	}
	if e.in != nil {
		e.in.drain()
	}
	e.platform.failed(inv)
	if !inv.handedOver.IsZero() && inv.runtimeDone.IsZero() {
		e.platform.runtimeDone(inv, f.at)
	}
	e.answer(inv, failure(inv, f))
	memory := max(f.memory, e.maxMemory())
	err := e.reset(reason)
	e.reportWith(inv, memory)
	return err
}

// failure is what the caller of a failed invocation gets.
func failure(inv *invocation, f *fault) *Response {
	r := errorResponse(f.errorType, "RequestId: "+inv.id+" Error: "+f.message)
	if len(f.payload) > 0 {
		r.Payload = f.payload
	}
	if !inv.handedOver.IsZero() {
		r.Latency = f.at.Sub(inv.handedOver)
	}
	return r
}

// errorResponse is a response with an error in the shape of Lambda's.
func errorResponse(errorType, message string) *Response {
	payload, err := json.Marshal(struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}{errorType, message})
	if err != nil {
		panic("lambdaenv: " + err.Error()) // strings marshal
	}
	return &Response{Payload: payload, ContentType: contentJSON, FunctionError: errorType}
}

// answer gives the caller the response, unless there was one before.
func (e *Environment) answer(inv *invocation, r *Response) {
	if inv.answered {
		return
	}
	inv.answered = true
	r.RequestID = inv.id
	if !inv.request.Async { // whose caller has no response
		e.log.add(Entry{Source: Caller, Kind: Responded, RequestID: inv.id, Text: r.FunctionError})
	}
	if inv.stream != nil {
		inv.stream.end(r)
	}
	inv.response <- r
}

// report logs and keeps the report of an invocation that is over.
func (e *Environment) report(inv *invocation) { e.reportWith(inv, e.maxMemory()) }

func (e *Environment) reportWith(inv *invocation, memory int) {
	r := Report{
		RequestID:   inv.id,
		Status:      inv.status,
		Duration:    inv.duration(),
		Init:        inv.init,
		MaxMemoryMB: memory,
		HandedOver:  inv.handedOver,
		Responded:   inv.responded,
		RuntimeDone: inv.runtimeDone,
		Idle:        inv.idle,
	}
	// For OS-only runtimes the Init phase is billed like the rest:
	// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
	r.Billed = (r.Duration + r.Init + time.Millisecond - 1).Truncate(time.Millisecond)
	e.platform.report(inv, r)
	e.last = &r
	e.retry(inv)
}

func (inv *invocation) duration() time.Duration { return max(0, inv.ended.Sub(inv.begun)) }

// recordedError is the error type in the platform's records. A timeout has none.
func (inv *invocation) recordedError() string {
	switch {
	case inv.status == statusTimeout:
		return ""
	case inv.fault != nil:
		return inv.fault.errorType
	}
	return inv.errorType
}

// maxMemory returns the peak memory of all processes together, in MB.
func (e *Environment) maxMemory() int {
	if e.in == nil {
		return 0
	}
	var sum int64
	for _, p := range e.in.processes() {
		if p.alive() {
			sum += peakMemory(p.pid)
		} else {
			sum += p.peak
		}
	}
	return int((sum + 1<<20 - 1) >> 20)
}
