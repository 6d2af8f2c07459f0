package main

import (
	"encoding/json"
	"io"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// A jsonLog writes records for machines. The comment of the package describes
// them.
type jsonLog struct {
	w        io.Writer
	function string // where there are several
}

type entryRecord struct {
	Type         string           `json:"type"`
	Function     string           `json:"function,omitempty"`
	Time         time.Time        `json:"time"`
	SinceStartMs float64          `json:"sinceStartMs"`
	Source       lambdaenv.Source `json:"source"`
	Extension    string           `json:"extension,omitempty"`
	Kind         lambdaenv.Kind   `json:"kind"`
	RequestID    string           `json:"requestId,omitempty"`
	Text         string           `json:"text,omitempty"`
	ResponseMs   *float64         `json:"responseMs,omitempty"`
	Remark       string           `json:"remark,omitempty"`
}

type invocationRecord struct {
	Type          string   `json:"type"`
	Function      string   `json:"function,omitempty"`
	RequestID     string   `json:"requestId"`
	Status        string   `json:"status"`
	ResponseMs    float64  `json:"responseMs"`
	FunctionError string   `json:"functionError,omitempty"`
	Payload       any      `json:"payload"`
	DurationMs    float64  `json:"durationMs"`
	BilledMs      int64    `json:"billedMs"`
	InitMs        float64  `json:"initMs,omitempty"`
	Hooks         *int     `json:"hooks,omitempty"`
	HooksMs       *float64 `json:"hooksMs,omitempty"`
	Failures      *int     `json:"failures,omitempty"`
	Abandoned     *int     `json:"abandoned,omitempty"`
	Lost          *int     `json:"lost,omitempty"`
	Unknown       string   `json:"unknown,omitempty"`
	Renewed       bool     `json:"renewed,omitempty"`
	Reset         string   `json:"reset,omitempty"`
}

type shutdownRecord struct {
	Type         string   `json:"type"`
	Function     string   `json:"function,omitempty"`
	Reason       string   `json:"reason"`
	SinceStartMs float64  `json:"sinceStartMs"`
	IdleMs       float64  `json:"idleMs"`
	TookMs       float64  `json:"tookMs"`
	Killed       []string `json:"killed,omitempty"`
	Hooks        *int     `json:"hooks,omitempty"`
	HooksMs      *float64 `json:"hooksMs,omitempty"`
	Failures     *int     `json:"failures,omitempty"`
	Abandoned    *int     `json:"abandoned,omitempty"`
}

func (l *jsonLog) Began(r *recording.Recording) { l.function = r.Name }

func (l *jsonLog) Moment(_ *recording.Recording, m *recording.Moment) {
	if m.Hidden {
		return
	}
	record := entryRecord{
		Type:         "entry",
		Function:     l.function,
		Time:         m.Time,
		SinceStartMs: inMs(m.Since),
		Source:       m.Source,
		Extension:    m.Name,
		Kind:         m.Kind,
		RequestID:    m.RequestID,
		Text:         m.Text,
		Remark:       m.Remark,
	}
	if m.Response != nil {
		waited := inMs(m.Response.Latency)
		record.ResponseMs = &waited
	}
	l.write(record)
}

func (l *jsonLog) Invoked(_ *recording.Recording, inv *recording.Invocation) {
	r := invocationRecord{
		Type:          "invocation",
		Function:      l.function,
		RequestID:     inv.Report.RequestID,
		Status:        inv.Report.Status,
		ResponseMs:    inMs(inv.Response.Latency),
		FunctionError: inv.Response.FunctionError,
		Payload:       string(inv.Response.Payload),
		DurationMs:    inMs(inv.Report.Duration),
		BilledMs:      inv.Report.Billed.Milliseconds(),
		InitMs:        inMs(inv.Report.Init),
		Unknown:       inv.Unknown,
		Renewed:       inv.Renewed,
		Reset:         inv.Reset,
	}
	if json.Valid(inv.Response.Payload) {
		r.Payload = json.RawMessage(inv.Response.Payload)
	}
	if h := inv.Hooks; h != nil {
		r.Hooks, r.Failures, r.Abandoned = &h.Count, &h.Failures, &h.Abandoned
		if !h.Unmeasured {
			r.HooksMs = &h.Ms
		}
	}
	if inv.Lost != nil {
		lost := inv.Lost.Count()
		r.Lost = &lost
	}
	l.write(r)
}

func (l *jsonLog) Ended(r *recording.Recording) {
	if r.Shutdown == nil {
		return
	}
	s := shutdownRecord{
		Type:         "shutdown",
		Function:     l.function,
		Reason:       r.Shutdown.Reason,
		SinceStartMs: inMs(r.Shutdown.Since),
		IdleMs:       inMs(r.Shutdown.Idle),
		TookMs:       inMs(r.Shutdown.Took),
		Killed:       r.Shutdown.Killed,
	}
	if h := r.Shutdown.Hooks; h != nil {
		s.Hooks, s.HooksMs, s.Failures, s.Abandoned = &h.Count, &h.Ms, &h.Failures, &h.Abandoned
	}
	l.write(s)
}

func (l *jsonLog) write(record any) {
	line, err := json.Marshal(record)
	if err != nil {
		panic("demo: " + err.Error()) // the records above marshal
	}
	l.w.Write(append(line, '\n')) // the output takes care of errors
}

// inMs is d in milliseconds, to the microsecond.
func inMs(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
