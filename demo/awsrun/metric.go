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

// awaitMetric waits until the metric knows of as many invocations as had hooks.
// Nothing depends on it but one check, so that a failure is only noted, and
// who is in a hurry is not held up.
func (p *play) awaitMetric(ctx context.Context) error {
	hooked := 0
	for _, c := range p.calls {
		if c.end != nil && c.hooks != nil {
			hooked++
		}
	}
	if hooked == 0 {
		return nil
	}
	deadline := time.Now().Add(p.cfg.Pace.Metric)
	for {
		p.watch.show(p, Progress{Step: "waiting for the metrics of " + p.target.function})
		m, err := p.account.postRuntime(ctx, p.target, p.calls[0].start.time, time.Now().Add(p.account.skew))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p.metric, p.metricErr = m, err
		switch {
		case p.metricErr != nil, p.cfg.NoWait, int(p.metric.samples) >= hooked, time.Now().After(deadline):
			return nil
		}
		if err := pause(ctx, p.cfg.Pace.Quiet); err != nil {
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
