package lambdaenv

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// status is that of an invocation, or of an init, in the log. It is Report.Status.
type status = string

const (
	statusSuccess status = "success"
	statusError   status = "error" // of the function, or a crash
	statusTimeout status = "timeout"
)

// An invocation is one event on its way through the environment. It belongs to
// the goroutine of the environment.
type invocation struct {
	Report // as far as it is known

	attemptID string // another for each attempt
	attempt   int    // the number of those before this one
	trace     string
	spanID    string // of the invocation, in that trace
	request   Request
	streamed  bool // the caller reads the response as it comes

	result   *ResponseStream // for the caller
	answered bool            // the caller has the response

	begun      time.Time // its duration counts from here
	deadline   time.Time
	responding time.Time // the response began to arrive
	ended      time.Time

	errorType     string // that the function reported
	fault         *fault // what ended it, if something did
	produced      int    // bytes of the response
	hasExtensions bool
}

func newInvocation(r Request, streamed bool) *invocation {
	inv := &invocation{
		Report:    Report{RequestID: newUUID(), Status: statusSuccess},
		attemptID: newUUID(),
		trace:     r.TraceHeader,
		spanID:    fmt.Sprintf("%016x", rand.Uint64()),
		request:   r,
		streamed:  streamed,
	}
	if inv.trace == "" {
		inv.trace = fmt.Sprintf("Root=1-%08x-%08x%016x;Parent=%016x;Sampled=0",
			time.Now().Unix(), rand.Uint32(), rand.Uint64(), rand.Uint64())
	}
	inv.result = newResponseStream(inv.RequestID)
	return inv
}

// nextAttempt is the invocation of a failed asynchronous one again.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
func (inv *invocation) nextAttempt() *invocation {
	return &invocation{
		Report:    Report{RequestID: inv.RequestID, Status: statusSuccess},
		attemptID: newUUID(),
		attempt:   inv.attempt + 1,
		trace:     inv.trace,
		spanID:    inv.spanID,
		request:   inv.request,
		result:    newResponseStream(inv.RequestID),
	}
}

func (inv *invocation) startClock(timeout time.Duration) {
	inv.begun = time.Now()
	inv.deadline = inv.begun.Add(timeout)
}

func (inv *invocation) timeoutMessage() string {
	return fmt.Sprintf("Task timed out after %.2f seconds", inv.deadline.Sub(inv.begun).Seconds())
}

// recordedError is the error type in the platform's records.
func (inv *invocation) recordedError() string {
	if inv.fault != nil {
		return inv.fault.recordedType()
	}
	return inv.errorType
}

// errorResponse is a response with an error in the shape of Lambda's.
func errorResponse(errorType, message string) *Response {
	payload := mustJSON(struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}{errorType, message})
	return &Response{Payload: payload, ContentType: contentJSON, FunctionError: errorType}
}

// newUUID returns a random UUID (version 4).
func newUUID() string {
	a, b := rand.Uint64(), rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		uint32(a>>32), uint16(a>>16), a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

func newLogStream() string {
	return fmt.Sprintf("%s/[$LATEST]%016x%016x", time.Now().UTC().Format("2006/01/02"), rand.Uint64(), rand.Uint64())
}

// giveUp logs that an invocation timed out or crashed. A caller who has no response
// yet gets the error.
func (e *Environment) giveUp(inv *invocation, f *fault) {
	inv.fault, inv.Status, inv.ended = f, f.status(), f.at
	e.platform.failed(inv)
	if !e.cfg.managed() && !inv.HandedOver.IsZero() && inv.RuntimeDone.IsZero() {
		e.platform.runtimeDone(inv, f.at)
	}
	r := errorResponse(f.errorType, "RequestId: "+inv.RequestID+" Error: "+f.message)
	if len(f.payload) > 0 {
		r.Payload = f.payload
	}
	if !inv.HandedOver.IsZero() {
		r.Latency = f.at.Sub(inv.HandedOver)
	}
	e.answer(inv, r)
}

// answer gives the caller the response, unless there was one before.
func (e *Environment) answer(inv *invocation, r *Response) {
	if inv.answered {
		return
	}
	inv.answered = true
	r.RequestID = inv.RequestID
	if !inv.request.Async { // whose caller has no response
		e.log.add(Entry{Source: Caller, Kind: Responded, RequestID: inv.RequestID, Text: r.FunctionError})
	}
	inv.result.end(r, nil)
}

// report logs and keeps the report of an invocation that has ended, and queues its
// next attempt, if there is to be one.
func (e *Environment) report(inv *invocation, memoryMB int) {
	inv.Duration = max(0, inv.ended.Sub(inv.begun))
	// For OS-only runtimes the Init phase is billed like the rest:
	// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
	inv.Billed = (inv.Duration + inv.Init + time.Millisecond - 1).Truncate(time.Millisecond)
	inv.MaxMemoryMB = memoryMB
	e.platform.report(inv)
	e.last = &inv.Report
	if !inv.request.Async || inv.Status == statusSuccess || inv.attempt >= e.cfg.Retries {
		return
	}
	again := inv.nextAttempt()
	if e.cfg.RetryDelay <= 0 {
		e.queue = append(e.queue, again)
		return
	}
	e.delayed++
	e.goroutines.Go(func() {
		select {
		case <-time.After(e.cfg.RetryDelay):
			e.do(func() {
				e.delayed--
				e.queue = append(e.queue, again)
			})
		case <-e.ctx.Done():
		}
	})
}
