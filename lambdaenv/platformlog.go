package lambdaenv

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// What the logs say of the operating system: some version there really was.
const (
	runtimeVersion    = "provided:al2023.v111"
	runtimeVersionARN = "arn:aws:lambda:" + region + "::runtime:0000000000000000000000000000000000000000000000000000000000000000"
)

// A platformLog writes the lines that Lambda itself writes to a function's log.
//
// The JSON shapes are those of
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
// and the levels those of
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
type platformLog struct {
	log      *eventLog
	json     bool
	level    int
	initType string
	memoryMB int
}

// Levels of system records.
const (
	levelDebug = iota
	levelInfo
	levelWarn
)

func systemLevel(name string) (int, error) {
	switch name {
	case "DEBUG":
		return levelDebug, nil
	case "INFO", "":
		return levelInfo, nil
	case "WARN":
		return levelWarn, nil
	}
	return 0, fmt.Errorf("system log level %q is not DEBUG, INFO or WARN", name)
}

// text logs a line if the format is Text.
func (l *platformLog) text(requestID, format string, args ...any) {
	if !l.json {
		l.log.add(Entry{Source: Platform, Kind: Line, RequestID: requestID, Text: fmt.Sprintf(format, args...)})
	}
}

// record publishes a record, and logs it if the format is JSON and the level is
// not filtered. "The Telemetry API always emits platform events such as START
// and REPORT in JSON format", whatever the format of the log.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func (l *platformLog) record(level int, requestID, kind string, record any) {
	now := time.Now()
	l.log.telemetry.publish("platform", "platform."+kind, now, record)
	if l.json && level >= l.level {
		l.log.add(Entry{
			Source: Platform, Kind: Line, RequestID: requestID,
			Text: string(telemetryJSON("platform."+kind, now, record)),
		})
	}
}

type initRecord struct {
	InitializationType string   `json:"initializationType"`
	Phase              string   `json:"phase"`
	RuntimeVersion     string   `json:"runtimeVersion,omitempty"`
	RuntimeVersionArn  string   `json:"runtimeVersionArn,omitempty"`
	Status             string   `json:"status,omitempty"`
	ErrorType          string   `json:"errorType,omitempty"`
	Metrics            *metrics `json:"metrics,omitempty"`
}

type extensionRecord struct {
	Name      string   `json:"name"`
	State     string   `json:"state"`
	Events    []string `json:"events"`
	ErrorType string   `json:"errorType,omitempty"`
}

type subscriptionRecord struct {
	Name  string   `json:"name"`
	State string   `json:"state"`
	Types []string `json:"types"`
}

type invokeRecord struct {
	RequestID string   `json:"requestId"`
	Version   string   `json:"version,omitempty"`
	TenantID  string   `json:"tenantId,omitempty"`
	Status    string   `json:"status,omitempty"`
	ErrorType string   `json:"errorType,omitempty"`
	Metrics   *metrics `json:"metrics,omitempty"`
	Spans     []span   `json:"spans,omitempty"`
	Tracing   *tracing `json:"tracing,omitempty"`
}

// tracing is there if the invocation is sampled.
type tracing struct {
	SpanID string `json:"spanId,omitempty"`
	Type   string `json:"type"`
	Value  string `json:"value"`
}

type metrics struct {
	DurationMs       float64 `json:"durationMs"`
	BilledDurationMs int64   `json:"billedDurationMs,omitempty"`
	MemorySizeMB     int     `json:"memorySizeMB,omitempty"`
	MaxMemoryUsedMB  int     `json:"maxMemoryUsedMB,omitempty"`
	InitDurationMs   float64 `json:"initDurationMs,omitempty"`
	ProducedBytes    *int    `json:"producedBytes,omitempty"`
}

type span struct {
	Name       string  `json:"name"`
	Start      string  `json:"start"`
	DurationMs float64 `json:"durationMs"`
}

func (l *platformLog) initStart(phase string) {
	l.text("", "INIT_START Runtime Version: %s\tRuntime Version ARN: %s", runtimeVersion, runtimeVersionARN)
	l.record(levelInfo, "", "initStart", initRecord{
		InitializationType: l.initType,
		Phase:              phase,
		RuntimeVersion:     runtimeVersion,
		RuntimeVersionArn:  runtimeVersionARN,
	})
}

// extension is logged once for each extension at the end of an init.
func (l *platformLog) extension(name, state string, events []string, errorType string) {
	suffix, level := "", levelInfo
	if errorType != "" {
		suffix, level = "\tError Type: "+errorType, levelWarn
	}
	events = append([]string{}, events...)
	slices.Sort(events)
	l.text("", "EXTENSION\tName: %s\tState: %s\tEvents: [%s]%s", name, state, strings.Join(events, ","), suffix)
	l.record(level, "", "extension", extensionRecord{name, state, events, errorType})
}

// subscription is logged when an extension has subscribed to telemetry.
func (l *platformLog) subscription(name string, types []string) {
	var named []string
	for _, t := range types {
		named = append(named, strings.ToUpper(t[:1])+t[1:])
	}
	l.text("", "TELEMETRY\tName: %s\tState: Subscribed\tTypes: [%s]", name, strings.Join(named, ", "))
	l.record(levelInfo, "", "telemetrySubscription", subscriptionRecord{name, "Subscribed", types})
}

// initDone logs the end of an init. In text nothing is said of one that went
// well: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
func (l *platformLog) initDone(phase string, took time.Duration, status, errorType string) {
	done, report := levelDebug, levelDebug
	switch {
	case status != "success":
		done, report = levelWarn, levelWarn
		suffix := ""
		if errorType != "" {
			suffix = "\tError Type: " + errorType
		}
		l.text("", "INIT_REPORT Init Duration: %.2f ms\tPhase: %s\tStatus: %s%s", ms(took), phase, status, suffix)
	case l.initType != onDemand:
		report = levelInfo
	}
	r := initRecord{InitializationType: l.initType, Phase: phase, Status: status, ErrorType: errorType}
	l.record(done, "", "initRuntimeDone", r)
	r.Metrics = &metrics{DurationMs: ms(took)}
	l.record(report, "", "initReport", r)
}

func (l *platformLog) start(inv *invocation) {
	l.text(inv.id, "START RequestId: %s Version: %s", inv.id, functionVersion)
	r := inv.newRecord()
	r.Version = functionVersion
	l.record(levelInfo, inv.id, "start", r)
}

// newRecord is a record about the invocation.
func (inv *invocation) newRecord() invokeRecord {
	r := invokeRecord{RequestID: inv.id, TenantID: inv.request.TenantID}
	if strings.Contains(inv.trace, "Sampled=1") {
		r.Tracing = &tracing{inv.spanID, "X-Amzn-Trace-Id", inv.trace}
	}
	return r
}

// failed logs what became of an invocation that timed out or crashed.
func (l *platformLog) failed(inv *invocation) {
	if inv.status == statusTimeout {
		l.text(inv.id, "%s %s Task timed out after %.2f seconds", stamp(time.Now()), inv.id, inv.duration().Seconds())
		return
	}
	l.text(inv.id, "RequestId: %s Error: %s", inv.id, inv.fault.message)
	l.text(inv.id, "%s", inv.fault.errorType)
}

// runtimeDone is logged when the runtime asked for the next event, or when it
// no longer can.
func (l *platformLog) runtimeDone(inv *invocation, at time.Time) {
	level := levelDebug
	if inv.status != statusSuccess {
		level = levelWarn
	}
	r := inv.newRecord()
	r.Status, r.ErrorType = inv.status, inv.recordedError()
	r.Metrics = &metrics{DurationMs: ms(at.Sub(inv.handedOver)), ProducedBytes: &inv.produced}
	if !inv.responded.IsZero() {
		r.Spans = []span{
			{"responseLatency", stamp(inv.handedOver), ms(inv.responding.Sub(inv.handedOver))},
			{"responseDuration", stamp(inv.responding), ms(inv.responded.Sub(inv.responding))},
			{"runtimeOverhead", stamp(inv.responded), ms(at.Sub(inv.responded))},
		}
	}
	l.record(level, inv.id, "runtimeDone", r)
}

// report logs the end of an invocation.
func (l *platformLog) report(inv *invocation, report Report) {
	if !l.json {
		l.text(inv.id, "END RequestId: %s", inv.id)
		line := fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\tMax Memory Used: %d MB\t",
			inv.id, ms(report.Duration), report.Billed.Milliseconds(), l.memoryMB, report.MaxMemoryMB)
		if report.Init > 0 {
			line += fmt.Sprintf("Init Duration: %.2f ms\t", ms(report.Init))
		}
		if report.Status != statusSuccess {
			line += "Status: " + report.Status
			if t := inv.recordedError(); t != "" {
				line += "\tError Type: " + t
			}
		}
		l.text(inv.id, "%s", line)
	}
	level := levelInfo
	if report.Status != statusSuccess {
		level = levelWarn
	}
	r := inv.newRecord()
	r.Status, r.ErrorType = report.Status, inv.recordedError()
	r.Metrics = &metrics{DurationMs: ms(report.Duration)}
	if l.initType != managed {
		// A managed instance has many invocations in one bill and one memory.
		r.Metrics.BilledDurationMs = report.Billed.Milliseconds()
		r.Metrics.MemorySizeMB = l.memoryMB
		r.Metrics.MaxMemoryUsedMB = report.MaxMemoryMB
		r.Metrics.InitDurationMs = ms(report.Init)
	}
	if inv.extensions && !inv.idle.IsZero() {
		r.Spans = []span{{"extensionOverhead", stamp(inv.runtimeDone), ms(report.PostRuntimeExtensions())}}
	}
	l.record(level, inv.id, "report", r)
}

// stamp renders a time as Lambda does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// ms is d in milliseconds, to the microsecond.
func ms(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}
