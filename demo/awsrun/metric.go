package awsrun

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"example.com/postinvoke/record"
)

// metricName is Lambda's metric of what happens after the runtime requested the
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
		return metric{}, a.explain(err, request{"cloudwatch:GetMetricStatistics", "function " + t.function})
	}
	m := metric{read: true}
	for _, point := range out.Datapoints {
		m.maximum = max(m.maximum, aws.ToFloat64(point.Maximum))
		m.samples += aws.ToFloat64(point.SampleCount)
	}
	return m, nil
}

func (r *run) checkMetric() finding {
	var hooks float64
	invocations := 0
	for _, inv := range r.withHooks() {
		hooks = max(hooks, inv.hooks.number(record.HooksMs))
		invocations++
	}
	m := r.metric
	switch {
	case invocations == 0:
		return r.noHooks()
	case r.metricErr != nil:
		return notSeen("%v", r.metricErr)
	case !m.read:
		return notSeen("the run ended before it was looked for")
	case m.samples == 0:
		return notSeen("CloudWatch has no value yet; metrics come some minutes after the invocation")
	case hooks < measurable:
		return notSeen("%.1f ms at most, hooks took %.1f ms: too short to compare", m.maximum, hooks)
	case int(m.samples) > len(r.invocations):
		return notSeen("CloudWatch has %.0f invocations in these minutes, of which %d are of this run",
			m.samples, len(r.invocations))
	// The metric begins when the runtime requested the next event, a moment
	// after the response, from which the hooks count. With a small share of a
	// processor that moment may take some milliseconds.
	case m.maximum >= hooks*0.9, hooks-m.maximum <= 50:
		return passed("%.1f ms at most in %.0f invocations, hooks took %.1f ms", m.maximum, m.samples, hooks)
	case int(m.samples) < invocations:
		return notSeen("CloudWatch has %.0f of %d invocations so far", m.samples, invocations)
	}
	return failed("%.1f ms at most in %.0f invocations, but hooks took %.1f ms", m.maximum, m.samples, hooks)
}
