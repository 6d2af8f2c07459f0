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

// A platformLog writes the lines that Lambda itself writes to a function's log.
//
// The JSON shapes are those of
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
// and the levels those of
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
type platformLog struct {
	log *eventLog
	cfg *Config
}

// systemLevels are the levels of system records, in order.
var systemLevels = map[string]int{"DEBUG": levelDebug, "INFO": levelInfo, "": levelInfo, "WARN": levelWarn}

const (
	levelDebug = iota
	levelInfo
	levelWarn
)

// levelOf is the level of a record about something with that status.
func levelOf(s status, ifSuccess int) int {
	if s == statusSuccess {
		return ifSuccess
	}
	return levelWarn
}

// text logs a line if the format is Text.
func (l *platformLog) text(requestID, format string, args ...any) {
	if l.cfg.LogFormat == Text {
		l.log.add(Entry{Source: Platform, Kind: Line, RequestID: requestID, Text: fmt.Sprintf(format, args...)})
	}
}

// record publishes a record, and logs it if the format is JSON and the level is
// not filtered. "The Telemetry API always emits platform events such as START
// and REPORT in JSON format", regardless of the format of the log.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func (l *platformLog) record(level int, kind string, r platformRecord) {
	now := time.Now()
	l.log.checkRecord(kind, r.RequestID)
	l.log.telemetry.publish("platform", "platform."+kind, now, r)
	if l.cfg.LogFormat == JSON && level >= systemLevels[l.cfg.SystemLogLevel] {
		text := string(telemetryJSON("platform."+kind, now, r))
		l.log.add(Entry{Source: Platform, Kind: Line, RequestID: r.RequestID, Text: text})
	}
}

// A platformRecord has the fields of all records; each kind has some of them.
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
	Status             string   `json:"status,omitzero"`
	ErrorType          string   `json:"errorType,omitzero"`
	Metrics            *metrics `json:"metrics,omitzero"`
	Spans              []span   `json:"spans,omitzero"`
	Tracing            *tracing `json:"tracing,omitzero"` // if the invocation is sampled
}

type tracing struct {
	SpanID string `json:"spanId,omitzero"`
	Type   string `json:"type"`
	Value  string `json:"value"`
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

func (l *platformLog) initStart(phase string) {
	l.text("", "INIT_START Runtime Version: %s\tRuntime Version ARN: %s", runtimeVersion, runtimeVersionARN)
	l.record(levelInfo, "initStart", platformRecord{
		InitializationType: l.cfg.initType(),
		Phase:              phase,
		RuntimeVersion:     runtimeVersion,
		RuntimeVersionArn:  runtimeVersionARN,
	})
}

// extension is logged once for each extension at the end of an init.
func (l *platformLog) extension(x *extension) {
	level := levelInfo
	if x.errorType != "" {
		level = levelWarn
	}
	events := append([]string{}, x.events...)
	l.text("", "EXTENSION\tName: %s\tState: %s\tEvents: [%s]%s",
		x.name, x.state, strings.Join(events, ","), errorField(x.errorType))
	l.record(level, "extension", platformRecord{
		Name: x.name, State: string(x.state), Events: events, ErrorType: x.errorType,
	})
}

// errorField is the end of a line about something that failed.
func errorField(errorType string) string {
	if errorType == "" {
		return ""
	}
	return "\tError Type: " + errorType
}

// subscription is logged when an extension has subscribed to telemetry.
func (l *platformLog) subscription(name string, types []string) {
	var named []string
	for _, t := range types {
		named = append(named, strings.ToUpper(t[:1])+t[1:])
	}
	l.text("", "TELEMETRY\tName: %s\tState: Subscribed\tTypes: [%s]", name, strings.Join(named, ", "))
	l.record(levelInfo, "telemetrySubscription", platformRecord{Name: name, State: "Subscribed", Types: types})
}

// initDone logs the end of an init, and what it failed with, if it did. In text
// there is no line about one that went well:
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
func (l *platformLog) initDone(phase string, took time.Duration, f *fault) {
	r := platformRecord{InitializationType: l.cfg.initType(), Phase: phase, Status: statusSuccess}
	report := levelDebug
	if l.cfg.managed() {
		report = levelInfo
	}
	if f != nil {
		r.Status, r.ErrorType = f.status(), f.recordedType()
		l.text("", "INIT_REPORT Init Duration: %.2f ms\tPhase: %s\tStatus: %s%s",
			ms(took), phase, r.Status, errorField(r.ErrorType))
	}
	l.record(levelOf(r.Status, levelDebug), "initRuntimeDone", r)
	r.Metrics = &metrics{DurationMs: ms(took)}
	l.record(levelOf(r.Status, report), "initReport", r)
}

func (l *platformLog) start(inv *invocation) {
	l.text(inv.RequestID, "START RequestId: %s Version: %s", inv.RequestID, functionVersion)
	r := inv.record()
	r.Version = functionVersion
	l.record(levelInfo, "start", r)
}

// record is the beginning of a record about the invocation.
func (inv *invocation) record() platformRecord {
	r := platformRecord{RequestID: inv.RequestID, TenantID: inv.request.TenantID}
	if strings.Contains(inv.trace, "Sampled=1") {
		r.Tracing = &tracing{inv.spanID, "X-Amzn-Trace-Id", inv.trace}
	}
	return r
}

// failed logs that an invocation timed out or crashed.
func (l *platformLog) failed(inv *invocation) {
	if inv.fault.timeout {
		l.text(inv.RequestID, "%s %s %s", stamp(time.Now()), inv.RequestID, inv.fault.message)
		return
	}
	l.text(inv.RequestID, "RequestId: %s Error: %s", inv.RequestID, inv.fault.message)
	l.text(inv.RequestID, "%s", inv.fault.errorType)
}

// runtimeDone is logged when the runtime requested the next event, or when it
// no longer can.
func (l *platformLog) runtimeDone(inv *invocation, at time.Time) {
	r := inv.record()
	r.Status, r.ErrorType = inv.Status, inv.recordedError()
	r.Metrics = &metrics{DurationMs: ms(at.Sub(inv.HandedOver)), ProducedBytes: &inv.produced}
	if !inv.Responded.IsZero() {
		r.Spans = []span{
			newSpan("responseLatency", inv.HandedOver, inv.responding),
			newSpan("responseDuration", inv.responding, inv.Responded),
			newSpan("runtimeOverhead", inv.Responded, at),
		}
	}
	l.record(levelOf(inv.Status, levelDebug), "runtimeDone", r)
}

// report logs the end of an invocation.
func (l *platformLog) report(inv *invocation) {
	r := inv.record()
	r.Status, r.ErrorType = inv.Status, inv.recordedError()
	r.Metrics = &metrics{DurationMs: ms(inv.Duration)}
	if !l.cfg.managed() {
		// A managed instance has many invocations in one bill and one memory.
		r.Metrics.BilledDurationMs = inv.Billed.Milliseconds()
		r.Metrics.MemorySizeMB = l.cfg.MemoryMB
		r.Metrics.MaxMemoryUsedMB = inv.MaxMemoryMB
		r.Metrics.InitDurationMs = ms(inv.Init)
	}
	if inv.hasExtensions && !inv.Idle.IsZero() && !inv.RuntimeDone.IsZero() {
		r.Spans = []span{{"extensionOverhead", stamp(inv.RuntimeDone), ms(inv.PostRuntimeExtensions())}}
	}
	l.text(inv.RequestID, "END RequestId: %s", inv.RequestID)
	l.text(inv.RequestID, "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\t"+
		"Memory Size: %d MB\tMax Memory Used: %d MB\t%s",
		inv.RequestID, ms(inv.Duration), inv.Billed.Milliseconds(), l.cfg.MemoryMB, inv.MaxMemoryMB, reportEnd(r))
	l.record(levelOf(inv.Status, levelInfo), "report", r)
}

// reportEnd is what only some REPORT lines have.
func reportEnd(r platformRecord) string {
	end := ""
	if r.Metrics.InitDurationMs > 0 {
		end = fmt.Sprintf("Init Duration: %.2f ms\t", r.Metrics.InitDurationMs)
	}
	if r.Status != statusSuccess {
		end += "Status: " + r.Status + errorField(r.ErrorType)
	}
	return end
}

// stamp renders a time as Lambda does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// ms is d in milliseconds, to the microsecond.
func ms(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}
