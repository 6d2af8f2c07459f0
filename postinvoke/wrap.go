package postinvoke

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/handlertrace"

	"example.com/postinvoke/internal/gate"
)

// Options of a wrapped handler. The zero value works, and so does nil.
type Options struct {
	// Logger receives the records of this package. Nil means
	// lambdacontext.NewLogger(): standard output, in the function's log
	// format and level. The first handler that is wrapped also decides where
	// the records that belong to no handler go.
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
	// when the extension stops waiting, are abandoned. Zero means 500 ms; less
	// than 200 ms means 200 ms. Lambda's timeout covers the handler and its hooks
	// together, and overrunning it ends the execution environment
	// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
	Margin time.Duration
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

func (o *Options) logger() *slog.Logger {
	if o == nil {
		return nil
	}
	return o.Logger
}

// A wrapper is what the invocations of one wrapped handler have in common.
type wrapper struct {
	log    logger
	margin time.Duration
	keeper keeper
}

// newWrapper makes a wrapper, and connects the process to whatever keeps its
// environment awake: it is called during init.
func newWrapper(opts *Options) *wrapper {
	log := newLogger(opts.logger())
	return &wrapper{log: log, margin: opts.margin(), keeper: connectOnce(log)}
}

// Wrap returns a function that does what handle does, and in whose context
// [Run], [RunContext] and [Go] can be called. Give it to lambda.Start, or with
// options to lambda.StartWithOptions. Events, responses, streams and errors
// are left to aws-lambda-go, which treats it as it would treat handle.
//
// Call Wrap while the function initializes, before lambda.Start: it connects
// to the extension, or registers an internal one, and logs one record that
// says which. That takes a millisecond or so, and up to two seconds if
// something else listens on the extension's port and is silent. Wrap panics if
// handle is nil.
//
// A handler that is wrapped twice, or calls another that is wrapped, is as if
// wrapped once, with the options of the outer call. If one that is not wrapped
// calls several that are, their hooks run side by side.
//
// Hooks start when the context that handle was called with ends, which
// aws-lambda-go does when it has sent the response. If somebody else ends it
// first, such as through the base context of lambda.WithContext, or nobody can,
// as with context.Background, they start when handle has returned.
//
// A test that calls the returned function plays the runtime: give it a context
// to cancel when the "response is sent". The call does not wait for hooks.
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
		defer inv.unwound()
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
// even if h does not look at it: where that matters, use Wrap.
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
		var contentType string
		ctx = handlertrace.NewContext(ctx, handlertrace.HandlerTrace{
			ResponseEvent: func(_ context.Context, value any) {
				contentType = contentTypeOf(value) // that of the last one, should handlers call each other
			},
		})
		out, err := w.invoke(ctx, h, payload)
		if err != nil {
			return nil, err
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
	defer inv.unwound()
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

// contentTypeOf returns the content type with which aws-lambda-go sends what a
// handler returned. It encodes everything, except for readers that cannot be
// encoded or whose JSON form begins with {}.
func contentTypeOf(value any) string {
	const encoded = "application/json"
	if _, ok := value.(io.Reader); !ok {
		return encoded
	}
	if b, err := json.Marshal(value); err == nil && !strings.HasPrefix(string(b), "{}") {
		return encoded
	}
	if t, ok := value.(interface{ ContentType() string }); ok {
		return t.ContentType()
	}
	return "application/octet-stream"
}
