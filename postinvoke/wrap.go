package postinvoke

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/handlertrace"
)

// A wrapper holds what the invocations of one wrapped handler share.
type wrapper struct {
	*process
	reporter       reporter
	margin         time.Duration
	hookTimeout    time.Duration
	marginWarning  sync.Once
	contextWarning sync.Once
}

// newWrapper makes a wrapper, and registers the process: it is called during init.
func newWrapper(opts *Options) *wrapper {
	w := &wrapper{process: currentProcess(), reporter: newReporter(opts), margin: opts.margin()}
	if opts != nil {
		w.hookTimeout = opts.HookTimeout
	}
	w.process.handlerWrapped(w.reporter.log)
	currentEnvironment.Load().handlerWrapped(w.reporter.user)
	return w
}

// checkMargin warns, once, of a margin that leaves no time for hooks. The
// function's timeout is not known before the first invocation.
func (w *wrapper) checkMargin(inv *invocation) {
	deadline, ok := inv.Deadline()
	timeout := deadline.Sub(inv.began)
	if !ok || !inv.direct || timeout > w.margin {
		return
	}
	w.marginWarning.Do(func() {
		inv.reporter.log.warn(inv, fmt.Sprintf(
			"no hook can run: Options.Margin, %v, is not shorter than the time that the function has, %v; "+
				"raise the function's timeout", w.margin, timeout.Round(time.Millisecond)))
	})
}

// Wrap returns a function that calls handle with a context that [Run],
// [RunContext] and [Go] can be called with. Give it to lambda.Start or, with
// options, to lambda.StartWithOptions: events, responses, streams and errors are
// the same as with handle. [Start] wraps handlers of any signature, and starts
// them.
//
// Call Wrap while the function initializes, before lambda.Start. It registers an
// internal extension, and logs one record. That takes about a millisecond, and at
// most two seconds if the Extensions API does not answer. Wrap panics if handle is
// nil.
//
// Wrap the outermost handler. Hooks start when the context that handle was called
// with ends, and aws-lambda-go ends it when it has sent the response. A handler
// around the wrapped one may replace that context, call the wrapped one several
// times in one invocation, or do work of its own afterwards. Hooks are still called
// then, and the environment waits for them, but they may start before the response
// is sent, and a record warns of that.
//
// A handler that is wrapped twice, or calls another that is wrapped, is treated as
// if it were wrapped once, with the options of the outer call.
//
// A test that calls the returned function takes the place of the runtime: it has to
// cancel the context when the response counts as sent, and to wait for hooks, as the
// call does not. Package postinvoketest does both.
func Wrap[In, Out any](
	handle func(context.Context, In) (Out, error), opts *Options,
) func(context.Context, In) (Out, error) {
	if handle == nil {
		panic("postinvoke: Wrap was given a nil handler")
	}
	w := newWrapper(opts)
	return func(ctx context.Context, in In) (Out, error) {
		if isWrapped(ctx) {
			return handle(ctx, in)
		}
		inv := w.begin(ctx)
		defer inv.finishAfterPanic()
		out, err := handle(inv, in)
		inv.returned(err)
		return out, err
	}
}

// WrapHandler wraps a lambda.Handler as [Wrap] does. If lambda.NewHandler made h,
// the response keeps its content type. For that, the returned handler is one of
// NewHandler as well, and options that are given to lambda.StartWithOptions with it
// have no effect. Options of h that are about contexts (lambda.WithContext,
// lambda.WithContextValue) have no effect either, streams are read to their end
// before the response is sent, and the event must be JSON even if h does not read
// it. Where that matters, give a function to [Start] or [Wrap] instead of a
// lambda.Handler. WrapHandler panics if h is nil.
func WrapHandler(h lambda.Handler, opts *Options) lambda.Handler {
	if h == nil {
		panic("postinvoke: WrapHandler was given a nil handler")
	}
	w := newWrapper(opts)
	if lambda.NewHandler(h) != h { // another implementation: bytes in, bytes out
		return handler{w, h}
	}
	return lambda.NewHandler(func(ctx context.Context, payload json.RawMessage) (*response, error) {
		contentType := ""
		ctx = handlertrace.NewContext(ctx, handlertrace.HandlerTrace{
			ResponseEvent: func(_ context.Context, value any) {
				contentType = contentTypeOf(value) // of the last one, if handlers call each other
			},
		})
		out, err := w.invoke(ctx, h, payload)
		if err != nil {
			return nil, err
		}
		if contentType == "" {
			contentType = contentTypeWithoutValue(out)
		}
		return &response{bytes.NewReader(out), contentType}, nil
	})
}

type handler struct {
	w     *wrapper
	inner lambda.Handler
}

func (h handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return h.w.invoke(ctx, h.inner, payload)
}

func (w *wrapper) invoke(ctx context.Context, h lambda.Handler, payload []byte) ([]byte, error) {
	if isWrapped(ctx) {
		return h.Invoke(ctx, payload)
	}
	inv := w.begin(ctx)
	defer inv.finishAfterPanic()
	out, err := h.Invoke(inv, payload)
	inv.returned(err)
	return out, err
}

// A response carries bytes and their content type through aws-lambda-go, which
// sends a reader as it is if its JSON form is empty.
type response struct {
	body        *bytes.Reader
	contentType string
}

func (r *response) Read(p []byte) (int, error) { return r.body.Read(p) }
func (r *response) ContentType() string        { return r.contentType }

// Content types that aws-lambda-go sends.
const (
	contentTypeJSON  = "application/json"
	contentTypeBytes = "application/octet-stream"
)

// contentTypeOf returns the content type with which aws-lambda-go sends what a
// handler returned. It encodes everything, except for readers that cannot be
// encoded or whose JSON form begins with {}.
func contentTypeOf(value any) string {
	if _, ok := value.(io.Reader); !ok {
		return contentTypeJSON
	}
	if b, err := json.Marshal(value); err == nil && !strings.HasPrefix(string(b), "{}") {
		return contentTypeJSON
	}
	if t, ok := value.(interface{ ContentType() string }); ok {
		return t.ContentType()
	}
	return contentTypeBytes
}

// contentTypeWithoutValue is contentTypeOf for a handler that returns no value:
// aws-lambda-go sends null, as JSON. All else comes from a lambda.Handler that
// was given to lambda.NewHandler, and is sent as bytes.
func contentTypeWithoutValue(out []byte) string {
	if string(bytes.TrimSpace(out)) == "null" {
		return contentTypeJSON
	}
	return contentTypeBytes
}
