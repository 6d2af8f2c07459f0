package cloudwatch

import (
	"maps"
	"slices"
	"time"

	"example.com/postinvoke/internal/insights"
	"example.com/postinvoke/internal/lambdalog"
)

// metrics are samples by metric.
type metrics map[metricKey][]sample

type metricKey struct{ namespace, name, dimensions string }

// dimension is one as a metricKey has it.
func dimension(name, value string) string { return name + "=" + value + ";" }

type sample struct {
	at    time.Time
	value float64
}

func (m metrics) add(key metricKey, at time.Time, value float64) {
	m[key] = append(m[key], sample{at, value})
}

// addLambdas adds the metrics that Lambda sends for nothing, from its records.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
func (m metrics) addLambdas(lines []Line) {
	begun := map[string]time.Time{}
	busy := map[string]int{} // invocations in progress, by function
	for _, line := range lines {
		r := lambdalog.Platform(line.Message)
		if r == nil {
			continue
		}
		add := func(name string, at time.Time, value float64) {
			m.add(metricKey{"AWS/Lambda", name, dimension("FunctionName", line.Function)}, at, value)
		}
		switch r.Kind {
		case "start":
			begun[r.RequestID] = line.Time
			busy[line.Function]++
			add("ConcurrentExecutions", line.Time, float64(busy[line.Function]))
		case "report":
			at, ok := begun[r.RequestID]
			if !ok {
				at = line.Time
			} else {
				busy[line.Function]--
			}
			failed := 0.0
			if r.Status != "success" {
				failed = 1
			}
			add("Invocations", at, 1)
			add("Errors", at, failed)
			add("Throttles", at, 0)
			add("Duration", at, r.Metrics.DurationMs)
			if span := r.AfterRuntime(); span != nil {
				add("PostRuntimeExtensionsDuration", at, span.DurationMs)
			}
		}
	}
}

// A Point is the value of a metric in a period; there is none where the metric
// has no value.
type Point struct {
	At    time.Time
	Value float64
}

// points are the values of a statistic, by period.
func points(samples []sample, statistic string, period time.Duration, from, to time.Time) []Point {
	evaluate, ok := statistics[statistic]
	if !ok {
		fail("unknown statistic %q", statistic)
	}
	values := map[time.Time][]float64{}
	for _, s := range samples {
		if s.at.Before(from) || !s.at.Before(to) {
			continue
		}
		at := s.at.Truncate(period)
		if period >= to.Sub(from) {
			at = from // all of the time is one period
		}
		values[at] = append(values[at], s.value)
	}
	result := map[time.Time]float64{}
	for at, values := range values {
		result[at] = evaluate(values)
	}
	return inOrder(result)
}

func inOrder(values map[time.Time]float64) (all []Point) {
	for _, at := range slices.SortedFunc(maps.Keys(values), time.Time.Compare) {
		all = append(all, Point{at, values[at]})
	}
	return all
}

var statistics = map[string]func([]float64) float64{
	"Sum": func(values []float64) (sum float64) {
		for _, v := range values {
			sum += v
		}
		return sum
	},
	"SampleCount": func(values []float64) float64 { return float64(len(values)) },
	"Maximum":     slices.Max[[]float64],
}

// calculate evaluates an expression of metrics, which have ids. A period in
// which one of its metrics has no value has none.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
func calculate(expression string, byID map[string][]Point) []Point {
	e, err := insights.Parse(expression, false)
	check(err)
	periods := map[time.Time]insights.Row{}
	for _, id := range e.Fields {
		points, ok := byID[id]
		if !ok {
			fail("metric expression %s: unknown %q", expression, id)
		}
		for _, p := range points {
			if periods[p.At] == nil {
				periods[p.At] = insights.Row{}
			}
			periods[p.At][id] = p.Value
		}
	}
	result := map[time.Time]float64{}
	for at, row := range periods {
		v, err := e.Eval(row)
		check(err)
		if n, ok := v.(float64); ok {
			result[at] = n
		}
	}
	return inOrder(result)
}
