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

// An answer is what the caller of an invocation got, and when, by its clock.
type answer struct {
	lambdaenv.Response
	asked, got time.Time
}

// invoke invokes the target and waits for its answer, as any caller does. It
// does not ask for the tail of the log: Lambda cannot know that before the
// hooks are over.
func (a *account) invoke(ctx context.Context, t target, event []byte) (*answer, error) {
	var timing attemptTiming
	out, err := a.lambda.Invoke(ctx, &lambda.InvokeInput{
		FunctionName:   &t.function,
		InvocationType: types.InvocationTypeRequestResponse,
		LogType:        types.LogTypeNone,
		Payload:        event,
	}, func(o *lambda.Options) { o.APIOptions = append(o.APIOptions, timing.add) })
	if err != nil {
		return nil, a.explain(err, request{action: "lambda:InvokeFunction", function: t.function})
	}
	id, _ := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	return &answer{
		Response: lambdaenv.Response{
			RequestID:     id,
			Payload:       out.Payload,
			FunctionError: aws.ToString(out.FunctionError),
			Latency:       timing.got.Sub(timing.asked),
		},
		asked: timing.asked,
		got:   timing.got,
	}, nil
}

// An attemptTiming is when the last attempt of a request began and was
// answered: a request that was throttled has not reached the function.
type attemptTiming struct{ asked, got time.Time }

// add puts the timing inside of the SDK's retries.
func (t *attemptTiming) add(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("TimeAttempt",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			t.asked = time.Now()
			out, metadata, err := next.HandleFinalize(ctx, in)
			t.got = time.Now()
			return out, metadata, err
		}), "Retry", middleware.After)
}
