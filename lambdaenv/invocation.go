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
	request   Request
	streamed  bool // the caller reads the response as it comes

	result   *ResponseStream // for the caller
	answered bool            // the caller has the response

	begun      time.Time // its duration counts from here
	deadline   time.Time
	responding time.Time // the response began to arrive

	errorType     string // in the records
	produced      int    // bytes of the response
	hasExtensions bool
}

// newInvocation is an attempt to serve a request.
func newInvocation(r Request, requestID string, attempt int) *invocation {
	if r.TraceHeader == "" {
		r.TraceHeader = fmt.Sprintf("Root=1-%08x-%08x%016x;Parent=%016x;Sampled=0",
			time.Now().Unix(), rand.Uint32(), rand.Uint64(), rand.Uint64())
	}
	return &invocation{
		Report:    Report{RequestID: requestID, Status: statusSuccess},
		attemptID: newUUID(),
		attempt:   attempt,
		request:   r,
		result:    newResponseStream(requestID),
	}
}

func (inv *invocation) timeoutMessage() string {
	return fmt.Sprintf("Task timed out after %.2f seconds", inv.deadline.Sub(inv.begun).Seconds())
}

// errorResponse is a response with an error in the shape of Lambda's.
func errorResponse(errorType, message string) *Response {
	payload := mustJSON(errorBody{errorType, message})
	return &Response{Payload: payload, ContentType: contentJSON, FunctionError: errorType}
}

// newUUID returns a random UUID (version 4).
func newUUID() string {
	a, b := rand.Uint64(), rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		uint32(a>>32), uint16(a>>16), a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

// giveUp logs that an invocation timed out or crashed. A caller who has no response
// yet gets the error.
func (e *Environment) giveUp(inv *invocation, f *fault) {
	inv.Status, inv.errorType = f.status, f.errorType
	inv.MaxMemoryMB = max(f.memory, e.maxMemory())
	if f.status == statusTimeout {
		e.log.text(inv.RequestID, "%s %s %s", stamp(time.Now()), inv.RequestID, f.message)
	} else {
		e.log.text(inv.RequestID, "RequestId: %s Error: %s", inv.RequestID, f.message)
		e.log.text(inv.RequestID, "%s", f.errorType)
	}
	if !e.cfg.managed() && !inv.HandedOver.IsZero() && inv.RuntimeDone.IsZero() {
		e.log.runtimeDone(inv, f.at)
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
	inv.result.end(r)
}

// finish logs and keeps the report of an invocation that has ended, takes it out of
// those in progress, and queues its next attempt, if there is to be one:
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
func (e *Environment) finish(inv *invocation, at time.Time) {
	inv.Duration = max(0, at.Sub(inv.begun))
	// For OS-only runtimes the Init phase is billed like the rest:
	// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
	inv.Billed = (inv.Duration + inv.Init + time.Millisecond - 1).Truncate(time.Millisecond)
	e.log.report(inv)
	e.last = &inv.Report
	delete(e.inProgress, inv.RequestID)
	if !e.cfg.managed() {
		e.log.with(func() { e.log.requestID = "" })
	}
	if inv.request.Async && inv.Status != statusSuccess && inv.attempt < e.cfg.Retries {
		e.queue = append(e.queue, newInvocation(inv.request, inv.RequestID, inv.attempt+1))
	}
}
