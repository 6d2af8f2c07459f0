package cloudwatch

import "time"

// An Alarm is one of the template.
type Alarm struct {
	Name, ARN          string `json:"-"`
	AlarmName          string
	AlarmDescription   string
	AlarmActions       []string
	ComparisonOperator string
	Dimensions         []struct{ Name, Value string }
	EvaluationPeriods  int
	MetricName         string
	Namespace          string
	Period             int
	Statistic          string
	Threshold          float64
	TreatMissingData   string
}

func (a Alarm) period() time.Duration { return time.Duration(a.Period) * time.Second }

// Breaches are the periods in which the alarm is in the state ALARM. An alarm on
// a metric that no filter makes has none.
func (v *View) Breaches(a Alarm) (breaches []time.Time, err error) {
	defer catch(&err, "alarm "+a.Name)
	isKnown := a.ComparisonOperator == "GreaterThanOrEqualToThreshold" && a.EvaluationPeriods == 1 &&
		a.TreatMissingData == "notBreaching"
	if !isKnown {
		fail("%s, %d periods, %s: not evaluated here", a.ComparisonOperator, a.EvaluationPeriods, a.TreatMissingData)
	}
	key := metricKey{namespace: a.Namespace, name: a.MetricName}
	for _, d := range a.Dimensions {
		key.dimensions += dimension(d.Name, d.Value)
	}
	for _, p := range points(v.metrics[key], a.Statistic, a.period(), v.From, v.To) {
		if p.Value >= a.Threshold {
			breaches = append(breaches, p.At)
		}
	}
	return breaches, nil
}

// An AlarmState is what an alarm widget shows of an alarm.
type AlarmState struct {
	Name  string
	Alarm bool // it is in the state ALARM, else OK
}

// state is that of the alarm at the end of the time shown: of the last period
// that has ended.
func (v *View) state(a Alarm) AlarmState {
	breaches, err := v.Breaches(a)
	check(err)
	return AlarmState{a.Name, len(breaches) > 0 && breaches[len(breaches)-1].Add(2*a.period()).After(v.To)}
}
