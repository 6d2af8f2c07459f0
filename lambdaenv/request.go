package lambdaenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// A Request is an invocation as its caller makes it. Every zero value works.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
type Request struct {
	Payload []byte // the event; JSON, though nothing here checks that

	// Async is the invocation type Event: the caller has the request id at once
	// and never the response. Lambda takes an event of [MaxAsyncEvent] bytes, and
	// tries again, with the same request id, if the invocation failed: see
	// [Config.Retries].
	Async bool

	// ClientContext is the client context that a mobile SDK sends, as JSON.
	ClientContext string

	// CognitoIdentityID and CognitoIdentityPoolID identify a mobile user.
	CognitoIdentityID, CognitoIdentityPoolID string

	// TenantID is the tenant of a function with tenant isolation. Lambda gives
	// each tenant separate environments: start one for each.
	TenantID string

	// TraceHeader is X-Amzn-Trace-Id. Empty means one that is not sampled.
	TraceHeader string

	// Qualifier is a version or alias. It is in the ARN by which the function was
	// invoked, and changes nothing else.
	Qualifier string
}

// Invoke is [Environment.Do] with nothing but an event.
func (e *Environment) Invoke(ctx context.Context, payload []byte) (*Response, error) {
	return e.Do(ctx, Request{Payload: payload})
}

// Do hands the event to the function and returns as soon as the runtime has posted
// its whole response or error, even if hooks and extensions still run. A timeout or
// a crash before that gives a Response with a FunctionError. If the request is
// asynchronous, Do returns when the event is in the queue.
//
// An environment serves one invocation at a time (a managed instance as many as
// Config.MaxConcurrency), until the runtime and the extensions have requested
// the next event. Further ones wait for their turn.
//
// The error is ErrClosed when the environment is closed, that of ctx, or one about
// a request that Lambda would not take. An invocation that has begun continues
// without its caller.
func (e *Environment) Do(ctx context.Context, r Request) (*Response, error) {
	inv, err := e.submit(r, false)
	if err != nil {
		return nil, err
	}
	if r.Async {
		return &Response{RequestID: inv.RequestID}, nil
	}
	if err := e.await(ctx, inv); err != nil {
		return nil, err
	}
	return inv.result.Response()
}

// InvokeStream is Do for a caller that reads the response as it arrives, as with
// InvokeWithResponseStream and function URLs that stream. It returns when the
// response begins. Such a response may have 200 MB.
func (e *Environment) InvokeStream(ctx context.Context, r Request) (*ResponseStream, error) {
	if r.Async {
		return nil, errors.New("lambdaenv: an asynchronous request has no response to stream")
	}
	inv, err := e.submit(r, true)
	if err != nil {
		return nil, err
	}
	if err := e.await(ctx, inv); err != nil {
		return nil, err
	}
	return inv.result, nil
}

// submit puts an invocation into the queue.
func (e *Environment) submit(r Request, streamed bool) (*invocation, error) {
	limit := MaxEvent
	if r.Async {
		limit = MaxAsyncEvent
	}
	if len(r.Payload) > limit {
		return nil, fmt.Errorf("lambdaenv: an event of %d bytes: Lambda takes at most %d", len(r.Payload), limit)
	}
	inv := newInvocation(r, newUUID(), 0)
	inv.streamed = streamed
	if !e.do(func() { e.queue = append(e.queue, inv) }) {
		return nil, ErrClosed
	}
	return inv, nil
}

// await waits for the result. The invocation of a caller who does not wait so long is
// taken out of the queue, if it is still there.
func (e *Environment) await(ctx context.Context, inv *invocation) error {
	select {
	case <-inv.result.ready:
		return nil
	case <-ctx.Done():
		inv.result.Close()
		e.do(func() {
			e.queue = slices.DeleteFunc(e.queue, func(q *invocation) bool { return q == inv })
		})
		return ctx.Err()
	}
}

// WaitIdle returns when no invocation is in progress or waiting, and the
// processes are frozen (those of a managed instance never are) or, after a
// timeout or a crash, gone. The report is that of the invocation that ended
// last, nil if there was none.
//
// The error is ErrClosed when the environment is closed, with the report of the
// last invocation, or that of ctx.
func (e *Environment) WaitIdle(ctx context.Context) (*Report, error) {
	report := make(chan *Report, 1)
	e.do(func() { e.idleWaiters = append(e.idleWaiters, report) })
	select {
	case r := <-report:
		return r, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-e.done:
		return e.last, ErrClosed
	}
}

// A ResponseStream is a response that can be read as it arrives. The function waits
// while nobody reads, so read to the end, or close it.
type ResponseStream struct {
	RequestID   string
	ContentType string

	once     sync.Once
	ready    chan struct{} // closed when the response begins, if it is streamed, or ends
	body     *io.PipeReader
	arriving *io.PipeWriter
	response *Response
	done     chan struct{} // closed when response is set, or stays nil
}

func newResponseStream(requestID string) *ResponseStream {
	s := &ResponseStream{RequestID: requestID, ready: make(chan struct{}), done: make(chan struct{})}
	s.body, s.arriving = io.Pipe()
	return s
}

// Read reads what has arrived, or waits for more. At the end of the response the
// error is io.EOF, or describes how the function failed halfway.
func (s *ResponseStream) Read(p []byte) (int, error) { return s.body.Read(p) }

// Close drops what is not read yet, and what still arrives.
func (s *ResponseStream) Close() error { return s.body.Close() }

// Response reads the rest of the response and returns all of it. The error is
// ErrClosed when the environment was closed before the end.
func (s *ResponseStream) Response() (*Response, error) {
	io.Copy(io.Discard, s.body)
	<-s.done
	if s.response == nil {
		return nil, ErrClosed
	}
	return s.response, nil
}

// begin wakes the caller.
func (s *ResponseStream) begin(contentType string) {
	s.once.Do(func() {
		s.ContentType = contentType
		close(s.ready)
	})
}

// end is the end of the response, or, without one, of the environment.
func (s *ResponseStream) end(r *Response) {
	contentType, ended := "", ErrClosed
	if r != nil {
		contentType, ended = r.ContentType, io.EOF
		if r.FunctionError != "" {
			ended = fmt.Errorf("lambdaenv: the response ended with %s: %s", r.FunctionError, r.Payload)
		}
	}
	s.response = r
	close(s.done)
	s.arriving.CloseWithError(ended)
	s.begin(contentType)
}

// responseWriter passes a response on to the caller as it arrives. One who is gone
// does not matter.
type responseWriter struct{ *ResponseStream }

func (s responseWriter) Write(b []byte) (int, error) {
	s.arriving.Write(b)
	return len(b), nil
}
