package awsrun

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// metricName is Lambda's metric of what happens after the runtime asked for the
// next event.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
const metricName = "PostRuntimeExtensionsDuration"

// A metric is what CloudWatch has of it for the minutes of our invocations.
type metric struct {
	read             bool
	maximum, samples float64
}

// awaitMetric waits until the metric has as many invocations as had hooks. Only
// one check depends on it: a failure is noted and does not end the run, and with
// NoWait it looks once.
func (r *run) awaitMetric(ctx context.Context) error {
	hooked := 0
	for range r.withHooks() {
		hooked++
	}
	if hooked == 0 {
		return nil
	}
	deadline := time.Now().Add(r.cfg.Pace.Metric)
	for {
		r.show(Progress{Step: "waiting for the metrics of " + r.target.function})
		m, err := r.account.postRuntime(ctx, r.target, r.invocations[0].start.time, time.Now().Add(r.account.skew))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r.metric, r.metricErr = m, err
		if r.metricErr != nil || r.cfg.NoWait || int(r.metric.samples) >= hooked || time.Now().After(deadline) {
			return nil
		}
		if err := pause(ctx, r.cfg.Pace.Quiet); err != nil {
			return err
		}
	}
}

// postRuntime reads the metric of a function. Values are kept by the minute.
func (a *account) postRuntime(ctx context.Context, t target, from, to time.Time) (metric, error) {
	out, err := a.metrics.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace:  aws.String("AWS/Lambda"),
		MetricName: aws.String(metricName),
		Dimensions: []types.Dimension{{Name: aws.String("FunctionName"), Value: &t.function}},
		StartTime:  aws.Time(from.Truncate(time.Minute)),
		EndTime:    aws.Time(to.Truncate(time.Minute).Add(time.Minute)),
		Period:     aws.Int32(60),
		Statistics: []types.Statistic{types.StatisticMaximum, types.StatisticSampleCount},
	})
	if err != nil {
		return metric{}, a.explain(err, request{action: "cloudwatch:GetMetricStatistics", function: t.function})
	}
	m := metric{read: true}
	for _, point := range out.Datapoints {
		m.maximum = max(m.maximum, aws.ToFloat64(point.Maximum))
		m.samples += aws.ToFloat64(point.SampleCount)
	}
	return m, nil
}
