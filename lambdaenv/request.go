package lambdaenv

import (
	"context"
	"encoding/json"
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

	// ClientContext is what a mobile SDK says of its application, as JSON.
	ClientContext string

	// CognitoIdentityID and CognitoIdentityPoolID say who a mobile user is.
	CognitoIdentityID, CognitoIdentityPoolID string

	// TenantID is the tenant of a function with tenant isolation. Lambda gives
	// each tenant environments of its own, so here the first one is the only one.
	TenantID string

	// TraceHeader is X-Amzn-Trace-Id. Empty means one that is not sampled.
	TraceHeader string

	// Qualifier is a version or alias. It is in the ARN by which the function was
	// invoked, and changes nothing else.
	Qualifier string
}

// cognito is the header by which the runtime learns of a mobile user.
func (r *Request) cognito() string {
	if r.CognitoIdentityID == "" && r.CognitoIdentityPoolID == "" {
		return ""
	}
	b, err := json.Marshal(struct {
		ID   string `json:"cognitoIdentityId"`
		Pool string `json:"cognitoIdentityPoolId"`
	}{r.CognitoIdentityID, r.CognitoIdentityPoolID})
	if err != nil {
		panic("lambdaenv: " + err.Error()) // strings marshal
	}
	return string(b)
}

func (r *Request) check() error {
	limit := MaxEvent
	if r.Async {
		limit = MaxAsyncEvent
	}
	if len(r.Payload) > limit {
		return fmt.Errorf("lambdaenv: an event of %d bytes: Lambda takes %d at the most", len(r.Payload), limit)
	}
	if r.ClientContext != "" && !json.Valid([]byte(r.ClientContext)) {
		return errors.New("lambdaenv: Request.ClientContext is not JSON")
	}
	return nil
}

// Invoke is [Environment.Do] with nothing but an event.
func (e *Environment) Invoke(ctx context.Context, payload []byte) (*Response, error) {
	return e.Do(ctx, Request{Payload: payload})
}

// Do hands the event to the function and returns when the caller of a Lambda
// function has the response: at POST /response or /error, body complete, no
// matter how long hooks and extensions go on. A timeout or a crash before that
// gives a Response with a FunctionError. If the request is asynchronous, Do
// returns when the event is in the queue.
//
// An environment serves one invocation at a time (a managed instance as many as
// Config.MaxConcurrency), until the runtime and the extensions have asked for
// the next event. Further ones wait for their turn.
//
// The error is ErrClosed when the environment is over, that of ctx, or one about
// a request that Lambda would not take. An invocation that has begun goes on
// without its caller.
func (e *Environment) Do(ctx context.Context, r Request) (*Response, error) {
	inv, err := e.submit(r, nil)
	if err != nil {
		return nil, err
	}
	if r.Async {
		return &Response{RequestID: inv.id}, nil
	}
	return e.await(ctx, inv)
}

// InvokeStream is Do for a caller who reads the response as it comes, as with
// InvokeWithResponseStream and function URLs that stream. It returns when the
// response begins. Such a response may have 200 MB.
func (e *Environment) InvokeStream(ctx context.Context, r Request) (*ResponseStream, error) {
	if r.Async {
		return nil, errors.New("lambdaenv: an asynchronous request has no response to stream")
	}
	s := &ResponseStream{env: e, begun: make(chan struct{}), done: make(chan struct{}), more: make(chan struct{})}
	inv, err := e.submit(r, s)
	if err != nil {
		return nil, err
	}
	s.RequestID = inv.id
	select {
	case <-s.begun:
		return s, nil
	case <-ctx.Done():
		e.withdraw(inv)
		return nil, ctx.Err()
	case <-e.over:
		return nil, ErrClosed
	}
}

// submit puts an invocation into the queue.
func (e *Environment) submit(r Request, s *ResponseStream) (*invocation, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	inv := newInvocation(r)
	inv.stream = s
	var refused error
	if !e.do(func() {
		if e.tenant != nil && *e.tenant != r.TenantID {
			refused = fmt.Errorf("lambdaenv: this environment serves tenant %q, not %q: start another for it",
				*e.tenant, r.TenantID)
			return
		}
		e.tenant = &r.TenantID
		e.enqueue(inv)
	}) {
		return nil, ErrClosed
	}
	return inv, refused
}

// await waits for the response.
func (e *Environment) await(ctx context.Context, inv *invocation) (*Response, error) {
	select {
	case response := <-inv.response:
		return response, nil
	case <-ctx.Done():
		e.withdraw(inv)
		return nil, ctx.Err()
	case <-e.over:
		select {
		case response := <-inv.response:
			return response, nil
		default:
			return nil, ErrClosed
		}
	}
}

// withdraw takes an invocation out of the queue, if it is still there.
func (e *Environment) withdraw(inv *invocation) {
	e.do(func() {
		e.queue = slices.DeleteFunc(e.queue, func(q *invocation) bool { return q == inv })
	})
}

// A ResponseStream is a response that can be read while it comes.
type ResponseStream struct {
	RequestID   string
	ContentType string

	env   *Environment
	begun chan struct{} // closed when there is something to say of the response
	done  chan struct{} // closed when response is set

	mu       sync.Mutex
	started  bool
	data     []byte        // not read yet
	more     chan struct{} // closed and replaced when data grew
	response *Response
}

// Read reads what has come, or waits for more. At the end of the response the
// error is io.EOF, or says how the function failed half way.
func (s *ResponseStream) Read(p []byte) (int, error) {
	for {
		s.mu.Lock()
		n := copy(p, s.data)
		s.data = s.data[n:]
		response, more := s.response, s.more
		s.mu.Unlock()
		switch {
		case n > 0 || len(p) == 0:
			return n, nil
		case response != nil && response.FunctionError != "":
			return 0, fmt.Errorf("lambdaenv: the response ended with %s: %s", response.FunctionError, response.Payload)
		case response != nil:
			return 0, io.EOF
		}
		select {
		case <-more:
		case <-s.done:
		case <-s.env.over:
			select {
			case <-s.done:
			default:
				return 0, ErrClosed
			}
		}
	}
}

// Response waits for the end of the response and returns all of it. The error is
// ErrClosed when the environment was over before that.
func (s *ResponseStream) Response() (*Response, error) {
	select {
	case <-s.done:
	case <-s.env.over:
		select {
		case <-s.done:
		default:
			return nil, ErrClosed
		}
	}
	return s.response, nil
}

// begin tells the caller that the response begins.
func (s *ResponseStream) begin(contentType string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beginLocked(contentType)
}

func (s *ResponseStream) beginLocked(contentType string) {
	if !s.started {
		s.started = true
		s.ContentType = contentType
		close(s.begun)
	}
}

// write passes on a part of the response. It never blocks: what is not read yet
// is kept.
func (s *ResponseStream) write(b []byte) {
	if s == nil || len(b) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.response != nil {
		return // too late
	}
	s.data = append(s.data, b...)
	close(s.more)
	s.more = make(chan struct{})
}

// end is the end of the response.
func (s *ResponseStream) end(r *Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beginLocked(r.ContentType)
	s.response = r
	close(s.done)
}
