package postinvoke

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/handlertrace"

	"example.com/postinvoke/internal/gate"
)

// Options of a wrapped handler. The zero value works, and so does nil.
type Options struct {
	// Logger receives the records of this package. Nil means the function's
	// log, in its format and level; each record is a line of its own, even
	// after a line without an end that the function has printed. The first
	// handler that is wrapped also decides where the records that belong to
	// no handler go. If Logger panics, the record goes to the function's log.
	//
	// The dashboard reads JSON with the keys that lambdacontext.ReplaceAttr
	// makes, at the top level: give your own handler that function, and no
	// group. Records about an invocation carry its requestId. A handler of
	// yours that adds one as well, as one around lambdacontext's would, gives
	// it twice.
	Logger *slog.Logger

	// Margin is kept free before the function's deadline: that long before it
	// the contexts of hooks are cancelled, and no hook starts any more. Hooks
	// that still run half way between then and 100 ms before the deadline,
	// when the environment is no longer kept awake, are abandoned. Zero means
	// 500 ms; less than 200 ms means 200 ms. Lambda's timeout covers the
	// handler and its hooks together, and overrunning it ends the execution
	// environment
	// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
	// A margin that leaves no time for hooks is logged at the first invocation.
	Margin time.Duration

	// HookTimeout limits each hook that has no Timeout of its own. Zero means
	// that the function's timeout is the only limit.
	HookTimeout time.Duration

	// Observer gets the results of hooks and invocations. Nil means
	// none. The first handler that is wrapped also decides which one
	// gets the results of shutdown functions.
	Observer *Observer
}

const (
	defaultMargin = 500 * time.Millisecond
	minMargin     = 2 * gate.Margin
)

func (o *Options) margin() time.Duration {
	if o == nil || o.Margin == 0 {
		return defaultMargin
	}
	return max(o.Margin, minMargin)
}

// A wrapper is what the invocations of one wrapped handler have in common.
type wrapper struct {
	*process
	reporter       reporter
	margin         time.Duration
	hookTimeout    time.Duration
	marginWarning  sync.Once
	contextWarning sync.Once
}

// newWrapper makes a wrapper, and connects the process to its environment: it is
// called during init.
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
	timeout, ok := inv.Deadline()
	if !ok || !inv.direct || timeout.Sub(inv.began) > w.margin {
		return
	}
	w.marginWarning.Do(func() {
		inv.reporter.log.warn(inv, fmt.Sprintf("no hook can run: Options.Margin, %v, is not shorter than the time that the function has, %v; "+
			"raise the function's timeout", w.margin, timeout.Sub(inv.began).Round(time.Millisecond)))
	})
}

// Wrap returns a function that does what handle does, and in whose context
// [Run], [RunContext] and [Go] can be called. Give it to lambda.Start, or with
// options to lambda.StartWithOptions. aws-lambda-go treats it as it would treat
// handle: events, responses, streams and errors are the same. [Start] wraps
// handlers of any signature, and starts them.
//
// Call Wrap while the function initializes, before lambda.Start: it registers an
// internal extension, and logs one record that says so. That takes a millisecond
// or so, and two seconds at most if the Extensions API does not answer. Wrap
// panics if handle is nil.
//
// Wrap the outermost handler. Hooks start when the context that handle was called
// with ends, which aws-lambda-go does when it has sent the response. A handler
// around the wrapped one may replace that context, call the wrapped one several
// times in one invocation, or do work of its own afterwards. Hooks are called and
// waited for all the same, but possibly before the response, and a record warns of
// that.
//
// A handler that is wrapped twice, or calls another that is wrapped, is as if
// wrapped once, with the options of the outer call.
//
// A test that calls the returned function stands for the runtime: give it a
// context to cancel when the "response is sent". The call does not wait for hooks.
func Wrap[In, Out any](handle func(context.Context, In) (Out, error), opts *Options) func(context.Context, In) (Out, error) {
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

// WrapHandler is [Wrap] for a lambda.Handler. Where h came from
// lambda.NewHandler the response keeps its content type, and so the returned
// handler is of the same kind: like any other result of NewHandler it takes no
// further options in lambda.StartWithOptions. Options of h that are about
// contexts (lambda.WithContext, lambda.WithContextValue) are lost, streams are
// read to their end before the response is sent, and the event must be JSON
// even if h does not look at it: where that matters, use Start or Wrap.
// WrapHandler panics if h is nil.
func WrapHandler(h lambda.Handler, opts *Options) lambda.Handler {
	if h == nil {
		panic("postinvoke: WrapHandler was given a nil handler")
	}
	w := newWrapper(opts)
	if lambda.NewHandler(h) != h { // somebody's own implementation: bytes in, bytes out
		return handler{w, h}
	}
	return lambda.NewHandler(func(ctx context.Context, payload json.RawMessage) (*response, error) {
		contentType := ""
		ctx = handlertrace.NewContext(ctx, handlertrace.HandlerTrace{
			ResponseEvent: func(_ context.Context, value any) {
				contentType = contentTypeOf(value) // that of the last one, should handlers call each other
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

// response carries bytes and their content type through aws-lambda-go, which
// sends a value as it is if it is a reader and has no JSON form to speak of.
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
