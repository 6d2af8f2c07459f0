package postinvoke

import (
	"context"
	"log/slog"
	"reflect"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/record"
)

// A logger writes the records of package record.
type logger struct {
	*slog.Logger
	addsRequestID bool // from the context, by itself
}

func newLogger(l *slog.Logger) logger {
	if l == nil {
		l = lambdacontext.NewLogger()
	}
	lambdas := reflect.TypeOf(lambdacontext.NewLogHandler())
	return logger{l, reflect.TypeOf(l.Handler()) == lambdas}
}

// about logs a record that belongs to the invocation of ctx, which may have
// ended.
func (l logger) about(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	ctx = context.WithoutCancel(ctx)
	if lc, ok := lambdacontext.FromContext(ctx); ok && !l.addsRequestID {
		attrs = append(attrs, slog.String(record.RequestID, lc.AwsRequestID))
	}
	l.LogAttrs(ctx, level, message, attrs...)
}

// process logs a record that belongs to no invocation.
func (l logger) process(level slog.Level, message string, attrs ...slog.Attr) {
	l.LogAttrs(context.Background(), level, message, attrs...)
}

// ms makes d a field in milliseconds, to the microsecond.
func ms(key string, d time.Duration) slog.Attr {
	return slog.Float64(key, float64(d.Microseconds())/1000)
}
