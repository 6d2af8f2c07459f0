package awsrun

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go/middleware"

	"example.com/postinvoke/lambdaenv"
)

// invoke invokes the target and waits for its answer, as any caller does. It
// does not request the tail of the log: Lambda has that only after the hooks.
func (a *account) invoke(ctx context.Context, t target, event []byte) (*invocation, error) {
	var sent time.Time // when the last attempt began: one that was throttled has not reached the function
	note := middleware.FinalizeMiddlewareFunc("NoteAttempt", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		sent = time.Now()
		return next.HandleFinalize(ctx, in)
	})
	out, err := a.lambda.Invoke(ctx, &lambda.InvokeInput{
		FunctionName:   &t.function,
		InvocationType: types.InvocationTypeRequestResponse,
		LogType:        types.LogTypeNone,
		Payload:        event,
	}, func(o *lambda.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Finalize.Insert(note, "Retry", middleware.After)
		})
	})
	got := time.Now()
	if err != nil {
		return nil, a.explain(err, request{"lambda:InvokeFunction", "function " + t.function})
	}
	id, _ := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	return &invocation{
		Response: lambdaenv.Response{
			RequestID:     id,
			Payload:       out.Payload,
			FunctionError: aws.ToString(out.FunctionError),
			Latency:       got.Sub(sent),
		},
		sent: sent,
		got:  got,
	}, nil
}

// A clock estimates how far Lambda's clock is ahead of ours. The times of the
// log are Lambda's, those of the caller ours, and both are shown in one column.
//
// Nothing on the way can be earlier than the call, or later than the answer:
// each invocation leaves an interval in which the difference must be. When zero
// is in it, the clocks are taken to agree.
type clock struct {
	least, most time.Duration
	known       bool
}

// update takes the times of an invocation: the call and the answer by our clock,
// and by Lambda's, whose log is rounded down to the millisecond, when the
// invocation started and how long the handler took.
func (c *clock) update(sent, got, started time.Time, handler time.Duration) {
	least := started.Add(handler).Sub(got)
	most := started.Add(time.Millisecond).Sub(sent)
	if !c.known {
		c.least, c.most, c.known = least, most, true
		return
	}
	// A clock that was set meanwhile leaves nothing; then the latest is right.
	if least > c.most || most < c.least {
		c.least, c.most = least, most
		return
	}
	c.least, c.most = max(c.least, least), min(c.most, most)
}

// skew is how far Lambda's clock is ahead of ours.
func (c *clock) skew() time.Duration {
	if !c.known || c.least <= 0 && c.most >= 0 {
		return 0
	}
	return c.least + (c.most-c.least)/2
}
