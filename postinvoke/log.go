package postinvoke

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"reflect"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/internal/testhook"
	"example.com/postinvoke/record"
)

// A logger writes the records of package record.
type logger struct {
	*slog.Logger
	addsRequestID bool // the handler of the logger takes it from the context
}

// newLogger returns a logger around l. Nil means the function's own log.
func newLogger(l *slog.Logger) logger {
	if l == nil {
		return ownLog
	}
	lambdaHandler := reflect.TypeOf(lambdacontext.NewLogHandler())
	return logger{l, reflect.TypeOf(l.Handler()) == lambdaHandler}
}

// ownLog writes what lambdacontext.NewLogger would, to recordOutput.
var ownLog = logger{Logger: slog.New(ownHandler{newOwnHandler(recordOutput())})}

// An ownHandler is the handler of ownLog.
type ownHandler struct{ slog.Handler }

// Handle writes to the output of the test that ctx belongs to, if a test runs.
func (h ownHandler) Handle(ctx context.Context, r slog.Record) error {
	if testhook.Output != nil {
		return newOwnHandler(testhook.Output(ctx)).Handle(ctx, r)
	}
	return h.Handler.Handle(ctx, r)
}

func newOwnHandler(w io.Writer) slog.Handler {
	opts := slog.HandlerOptions{ReplaceAttr: lambdacontext.ReplaceAttr}
	var level slog.Level // INFO, where the variable is not set or not a level
	if level.UnmarshalText([]byte(os.Getenv("AWS_LAMBDA_LOG_LEVEL"))) == nil {
		opts.Level = level
	}
	if os.Getenv("AWS_LAMBDA_LOG_FORMAT") == "JSON" {
		return slog.NewJSONHandler(w, &opts)
	}
	return slog.NewTextHandler(w, &opts)
}

// recordOutput returns where records go, so that each is a separate line even
// after a line without an end that the function has printed. That is standard error,
// or if both are the same file, standard output with a line end before each record.
func recordOutput() io.Writer {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		return os.Stdout // for a person, or a test
	}
	stdout, err := os.Stdout.Stat()
	if err != nil {
		return os.Stderr
	}
	stderr, err := os.Stderr.Stat()
	if err != nil || os.SameFile(stdout, stderr) {
		return separated{os.Stdout}
	}
	return os.Stderr
}

// separated writes a line end before each write.
type separated struct{ w io.Writer }

func (s separated) Write(p []byte) (int, error) {
	n, err := s.w.Write(append([]byte{'\n'}, p...))
	return max(0, n-1), err
}

// warn logs a library problem. ctx belongs to the invocation that it is about, or to
// none.
func (l logger) warn(ctx context.Context, reason string) {
	l.about(ctx, slog.LevelWarn, record.LibraryProblem, slog.String(record.Reason, reason))
}

// about logs a record that belongs to the invocation of ctx, if it has one.
func (l logger) about(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	ctx = withoutEnd(ctx)
	requestID := ""
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		requestID = lc.AwsRequestID
	}
	l.write(ctx, level, message, requestID, attrs)
}

// process logs a record that belongs to no invocation.
func (l logger) process(level slog.Level, message string, attrs ...slog.Attr) {
	l.write(background, level, message, "", attrs)
}

var background = context.Background()

// A nesting counts calls of a function that may, through code of the user, call
// itself without end.
type nesting struct{ calls atomic.Int32 }

// maxNesting is more calls at a time than most processes make, unless a logger or
// observer registers hooks that make this package call it again. Hooks that fail
// at once may need more.
const maxNesting = 100

// enter counts a call of its caller, and reports false if that is one call too
// many. leave has to be called in either case.
func (n *nesting) enter() bool {
	return n.calls.Add(1) <= maxNesting || !nested()
}

func (n *nesting) leave() { n.calls.Add(-1) }

// nested reports whether the caller of [nesting.enter] was called recursively.
func nested() bool {
	const skip = 3         // runtime.Callers, nested, enter
	var stack [256]uintptr // of more than one call, however deep a logger is
	frames := runtime.CallersFrames(stack[:runtime.Callers(skip, stack[:])])
	caller, more := frames.Next()
	for more {
		var frame runtime.Frame
		if frame, more = frames.Next(); frame.Function == caller.Function {
			return true
		}
	}
	return false
}

// writing counts the records that are being written.
var writing nesting

// write writes a record. If the logger panics, or causes calls of itself without
// end, the record goes to the function's own log.
func (l logger) write(ctx context.Context, level slog.Level, message, requestID string, attrs []slog.Attr) {
	if name := os.Getenv("AWS_LAMBDA_FUNCTION_NAME"); name != "" {
		attrs = append(attrs, slog.String(record.Function, name))
	}
	complete := attrs
	if requestID != "" {
		complete = append(complete, slog.String(record.RequestID, requestID))
	}
	defer func() {
		writing.leave()
		if panicked := recover(); panicked != nil {
			ownLog.LogAttrs(ctx, level, message, complete...)
			ownLog.LogAttrs(ctx, slog.LevelWarn, record.LibraryProblem, slog.String(record.Reason,
				fmt.Sprintf("Options.Logger panicked when it was given the record before this one: %v", panicked)))
		}
	}()
	switch {
	case !writing.enter():
		ownLog.LogAttrs(ctx, level, message, complete...)
	case l.addsRequestID:
		l.LogAttrs(ctx, level, message, attrs...)
	default:
		l.LogAttrs(ctx, level, message, complete...)
	}
}

// debug reports whether records of level DEBUG are written.
func (l logger) debug(ctx context.Context) (enabled bool) {
	defer func() { recover() }() // a logger that panics does not write them
	return l.Enabled(observedContext{ctx}, slog.LevelDebug)
}

// ms makes d a field in milliseconds, to the microsecond.
func ms(key string, d time.Duration) slog.Attr {
	return slog.Float64(key, float64(d.Microseconds())/1000)
}

// An observedContext is the context that loggers and observers are called with. Hooks
// cannot be registered with it: a logger that registers one for each record would be
// called without end.
type observedContext struct{ context.Context }

// withoutEnd returns a context for loggers and observers with the values of ctx.
func withoutEnd(ctx context.Context) context.Context {
	return observedContext{context.WithoutCancel(ctx)}
}

func (c observedContext) Value(key any) any {
	if key == (invocationKey{}) {
		return nil
	}
	return c.Context.Value(key)
}
