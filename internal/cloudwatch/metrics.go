package cloudwatch

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// metrics are samples by metric.
type metrics map[metricKey][]sample

type metricKey struct{ namespace, name, dimensions string }

type sample struct {
	at    time.Time
	value float64
}

func (m metrics) add(key metricKey, at time.Time, value float64) {
	m[key] = append(m[key], sample{at, value})
}

// report is Lambda's record of an invocation that is over, or the beginning of
// one.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
type report struct {
	Type   string
	Record struct {
		RequestID string
		Status    string
		Metrics   struct{ DurationMs float64 }
		Spans     []struct {
			Name       string
			DurationMs float64
		}
	}
}

// addLambdas adds the metrics that Lambda sends for nothing, from its records.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
func (m metrics) addLambdas(lines []Line) {
	begun := map[string]time.Time{}
	busy := map[string]map[string]bool{} // requests in progress, by function
	for _, line := range lines {
		var r report
		if !strings.Contains(line.Message, `"platform.`) || json.Unmarshal([]byte(line.Message), &r) != nil {
			continue
		}
		add := func(name string, at time.Time, value float64) {
			m.add(metricKey{"AWS/Lambda", name, "FunctionName=" + line.Function + ";"}, at, value)
		}
		id := r.Record.RequestID
		switch r.Type {
		case "platform.start":
			if busy[line.Function] == nil {
				busy[line.Function] = map[string]bool{}
			}
			busy[line.Function][id] = true
			begun[id] = line.Time
			add("ConcurrentExecutions", line.Time, float64(len(busy[line.Function])))
		case "platform.report":
			delete(busy[line.Function], id)
			at, ok := begun[id]
			if !ok {
				at = line.Time
			}
			failed := 0.0
			if r.Record.Status != "success" {
				failed = 1
			}
			add("Invocations", at, 1)
			add("Errors", at, failed)
			add("Throttles", at, 0)
			add("Duration", at, r.Record.Metrics.DurationMs)
			for _, span := range r.Record.Spans {
				if span.Name == "extensionOverhead" {
					add("PostRuntimeExtensionsDuration", at, span.DurationMs)
				}
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
func points(samples []sample, statistic string, period time.Duration, from, to time.Time) ([]Point, error) {
	values := map[time.Time][]float64{}
	var order []time.Time
	for _, s := range samples {
		if s.at.Before(from) || !s.at.Before(to) {
			continue
		}
		at := s.at.Truncate(period)
		if period >= to.Sub(from) {
			at = from // all of the time is one period
		}
		if values[at] == nil {
			order = append(order, at)
		}
		values[at] = append(values[at], s.value)
	}
	slices.SortFunc(order, time.Time.Compare)
	var all []Point
	for _, at := range order {
		v, err := statisticOf(values[at], statistic)
		if err != nil {
			return nil, err
		}
		all = append(all, Point{at, v})
	}
	return all, nil
}

func statisticOf(values []float64, statistic string) (float64, error) {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	switch statistic {
	case "Sum":
		return sum, nil
	case "SampleCount":
		return float64(len(values)), nil
	case "Average":
		return sum / float64(len(values)), nil
	case "Maximum":
		return slices.Max(values), nil
	case "Minimum":
		return slices.Min(values), nil
	}
	p, err := strconv.ParseFloat(strings.TrimPrefix(statistic, "p"), 64)
	if err != nil || statistic[0] != 'p' || p <= 0 || p > 100 {
		return 0, fmt.Errorf("unknown statistic %q", statistic)
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, int(math.Ceil(p/100*float64(len(sorted))))-1)], nil
}
