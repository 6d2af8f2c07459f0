package awsrun

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
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
	latency := time.Since(sent)
	if err != nil {
		return nil, a.explain(err, request{"lambda:InvokeFunction", "function " + t.function})
	}
	id, _ := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	return &invocation{
		Response: lambdaenv.Response{
			RequestID:     id,
			Payload:       out.Payload,
			FunctionError: aws.ToString(out.FunctionError),
			Latency:       latency,
		},
		sent: sent,
	}, nil
}

// look reads what is new in the log group. Events can become visible late and in
// any order, so all of the run is read each time; that is a page or two.
//
// FilterLogEvents reads all streams of a group with a single permission for that
// group. GetLogEvents needs a second one to find the streams, which are made
// while we look; StartLiveTail costs by the minute, drops lines when there are
// many, and has nothing of what came before it.
func (r *run) look(ctx context.Context) error {
	in := &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &r.target.group,
		StartTime:    aws.Int64(r.account.began.UnixMilli()),
	}
	// A page may be empty though another follows; it ends when no token comes.
	for pages := cloudwatchlogs.NewFilterLogEventsPaginator(r.account.logs, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return r.account.explain(err, request{"logs:FilterLogEvents", "log group " + r.target.group})
		}
		for _, e := range page.Events {
			stream, message, id := aws.ToString(e.LogStreamName), aws.ToString(e.Message), aws.ToString(e.EventId)
			at := time.UnixMilli(aws.ToInt64(e.Timestamp))
			// AWS gives each event an id; emulators may not.
			if key := fmt.Sprint(id, stream, at.UnixMilli(), message); !r.seen[key] {
				r.seen[key] = true
				r.lines = append(r.lines, newLine(id, stream, at, message))
			}
		}
	}
	return nil
}

// metricName is Lambda's metric of what happens after the runtime requested the
// next event.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
const metricName = "PostRuntimeExtensionsDuration"

// postRuntime reads the metric of a function. Values are kept by the minute.
func (a *account) postRuntime(
	ctx context.Context, t target, from, to time.Time,
) (most float64, samples int, err error) {
	out, err := a.metrics.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace:  aws.String("AWS/Lambda"),
		MetricName: aws.String(metricName),
		Dimensions: []metrics.Dimension{{Name: aws.String("FunctionName"), Value: &t.function}},
		StartTime:  aws.Time(from.Truncate(time.Minute)),
		EndTime:    aws.Time(to.Truncate(time.Minute).Add(time.Minute)),
		Period:     aws.Int32(60),
		Statistics: []metrics.Statistic{metrics.StatisticMaximum, metrics.StatisticSampleCount},
	})
	if err != nil {
		return 0, 0, a.explain(err, request{"cloudwatch:GetMetricStatistics", "function " + t.function})
	}
	for _, point := range out.Datapoints {
		most = max(most, aws.ToFloat64(point.Maximum))
		samples += int(aws.ToFloat64(point.SampleCount))
	}
	return most, samples, nil
}
