package lambdaenv

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// What the logs have of the operating system: some version that there really was.
const (
	runtimeVersion    = "provided:al2023.v111"
	runtimeVersionARN = "arn:aws:lambda:" + region + "::runtime:" +
		"0000000000000000000000000000000000000000000000000000000000000000"
)

// A platformRecord is what Lambda itself logs, as a record in JSON or as lines of
// text. It has the fields of all records; each kind has some of them.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
type platformRecord struct {
	InitializationType string   `json:"initializationType,omitzero"`
	Phase              string   `json:"phase,omitzero"`
	RuntimeVersion     string   `json:"runtimeVersion,omitzero"`
	RuntimeVersionArn  string   `json:"runtimeVersionArn,omitzero"`
	Name               string   `json:"name,omitzero"`
	State              string   `json:"state,omitzero"`
	Events             []string `json:"events,omitzero"`
	Types              []string `json:"types,omitzero"`
	RequestID          string   `json:"requestId,omitzero"`
	Version            string   `json:"version,omitzero"`
	TenantID           string   `json:"tenantId,omitzero"`
	Status             status   `json:"status,omitzero"`
	ErrorType          string   `json:"errorType,omitzero"`
	Metrics            *metrics `json:"metrics,omitzero"`
	Spans              []span   `json:"spans,omitzero"`
}

type metrics struct {
	DurationMs       float64 `json:"durationMs"`
	BilledDurationMs int64   `json:"billedDurationMs,omitzero"`
	MemorySizeMB     int     `json:"memorySizeMB,omitzero"`
	MaxMemoryUsedMB  int     `json:"maxMemoryUsedMB,omitzero"`
	InitDurationMs   float64 `json:"initDurationMs,omitzero"`
	ProducedBytes    *int    `json:"producedBytes,omitzero"`
}

type span struct {
	Name       string  `json:"name"`
	Start      string  `json:"start"`
	DurationMs float64 `json:"durationMs"`
}

func newSpan(name string, start, end time.Time) span {
	return span{name, stamp(start), ms(end.Sub(start))}
}

// systemLevels are the levels of records, in order.
var systemLevels = []string{"DEBUG", "INFO", "WARN"}

// level is the level of a record.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
func (r *platformRecord) level(kind string, managed bool) string {
	switch {
	case r.ErrorType != "", r.Status == statusError, r.Status == statusTimeout:
		return "WARN"
	case kind == "runtimeDone", kind == "initRuntimeDone", kind == "initReport" && !managed:
		return "DEBUG"
	}
	return "INFO"
}

// lines are what the text format has of a record. There is none about an init that
// went well: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
func (r *platformRecord) lines(kind string) []string {
	failure := ""
	if r.ErrorType != "" {
		failure = "\tError Type: " + r.ErrorType
	}
	switch kind {
	case "initStart":
		return []string{"INIT_START Runtime Version: " + r.RuntimeVersion + "\tRuntime Version ARN: " + r.RuntimeVersionArn}
	case "extension":
		return []string{fmt.Sprintf("EXTENSION\tName: %s\tState: %s\tEvents: [%s]%s",
			r.Name, r.State, strings.Join(r.Events, ","), failure)}
	case "telemetrySubscription":
		capitals := strings.NewReplacer("platform", "Platform", "function", "Function", "extension", "Extension")
		return []string{fmt.Sprintf("TELEMETRY\tName: %s\tState: %s\tTypes: [%s]",
			r.Name, r.State, capitals.Replace(strings.Join(r.Types, ", ")))}
	case "initReport":
		if r.Status != statusSuccess {
			return []string{fmt.Sprintf("INIT_REPORT Init Duration: %.2f ms\tPhase: %s\tStatus: %s%s",
				r.Metrics.DurationMs, r.Phase, r.Status, failure)}
		}
	case "start":
		return []string{"START RequestId: " + r.RequestID + " Version: " + r.Version}
	case "report":
		m := r.Metrics
		report := fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\t"+
			"Max Memory Used: %d MB\t", r.RequestID, m.DurationMs, m.BilledDurationMs, m.MemorySizeMB, m.MaxMemoryUsedMB)
		if m.InitDurationMs > 0 {
			report += fmt.Sprintf("Init Duration: %.2f ms\t", m.InitDurationMs)
		}
		if r.Status != statusSuccess {
			report += "Status: " + r.Status + failure
		}
		return []string{"END RequestId: " + r.RequestID, report}
	}
	return nil
}

// initDone logs the end of an init, and what it failed with, if it did.
func (l *eventLog) initDone(phase string, took time.Duration, f *fault) {
	r := platformRecord{InitializationType: l.cfg.initType(), Phase: phase, Status: statusSuccess}
	if f != nil {
		r.Status, r.ErrorType = f.status, f.errorType
	}
	l.record("initRuntimeDone", r)
	r.Metrics = &metrics{DurationMs: ms(took)}
	l.record("initReport", r)
}

// runtimeDone is logged when the runtime requested the next event, or when it
// no longer can.
func (l *eventLog) runtimeDone(inv *invocation, at time.Time) {
	r := platformRecord{RequestID: inv.RequestID, TenantID: inv.request.TenantID, Status: inv.Status,
		ErrorType: inv.errorType, Metrics: &metrics{DurationMs: ms(at.Sub(inv.HandedOver)), ProducedBytes: &inv.produced}}
	if !inv.Responded.IsZero() {
		r.Spans = []span{
			newSpan("responseLatency", inv.HandedOver, inv.responding),
			newSpan("responseDuration", inv.responding, inv.Responded),
			newSpan("runtimeOverhead", inv.Responded, at),
		}
	}
	l.record("runtimeDone", r)
}

// report logs the end of an invocation.
func (l *eventLog) report(inv *invocation) {
	r := platformRecord{RequestID: inv.RequestID, TenantID: inv.request.TenantID, Status: inv.Status,
		ErrorType: inv.errorType, Metrics: &metrics{DurationMs: ms(inv.Duration)}}
	if !l.cfg.managed() {
		// A managed instance has many invocations in one bill and one memory.
		r.Metrics.BilledDurationMs = inv.Billed.Milliseconds()
		r.Metrics.MemorySizeMB = l.cfg.MemoryMB
		r.Metrics.MaxMemoryUsedMB = inv.MaxMemoryMB
		r.Metrics.InitDurationMs = ms(inv.Init)
	}
	if inv.hasExtensions && !inv.Idle.IsZero() && !inv.RuntimeDone.IsZero() {
		r.Spans = []span{newSpan("extensionOverhead", inv.RuntimeDone, inv.Idle)}
	}
	l.record("report", r)
}

// stamp renders a time as Lambda does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// ms is d in milliseconds, to the microsecond.
func ms(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}
