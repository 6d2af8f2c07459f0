package printer

import (
	"encoding/json"
	"io"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// JSON prints objects for machines. The comment of the package describes them.
type JSON struct {
	w        io.Writer
	function string // where there are several
}

// NewJSON returns one that writes to w.
func NewJSON(w io.Writer) *JSON { return &JSON{w: w} }

type entryObject struct {
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

type invocationObject struct {
	Type          string  `json:"type"`
	Function      string  `json:"function,omitempty"`
	RequestID     string  `json:"requestId"`
	Status        string  `json:"status"`
	ResponseMs    float64 `json:"responseMs"`
	FunctionError string  `json:"functionError,omitempty"`
	Payload       any     `json:"payload"`
	DurationMs    float64 `json:"durationMs"`
	BilledMs      int64   `json:"billedMs"`
	InitMs        float64 `json:"initMs,omitempty"`
	*recording.Hooks
	Lost    *int   `json:"lost,omitempty"`
	Unknown string `json:"unknown,omitempty"`
	Renewed bool   `json:"renewed,omitempty"`
	Reset   string `json:"reset,omitempty"`
}

type shutdownObject struct {
	Type         string   `json:"type"`
	Function     string   `json:"function,omitempty"`
	Reason       string   `json:"reason"`
	SinceStartMs float64  `json:"sinceStartMs"`
	IdleMs       float64  `json:"idleMs"`
	TookMs       float64  `json:"tookMs"`
	Killed       []string `json:"killed,omitempty"`
	*recording.Hooks
}

// Began is part of [recording.Renderer], as are the next three.
func (j *JSON) Began(r *recording.Recording) { j.function = r.Name }

func (j *JSON) Moment(_ *recording.Recording, m *recording.Moment) {
	o := entryObject{
		Type:         "entry",
		Function:     j.function,
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
		o.ResponseMs = &waited
	}
	j.Write(o)
}

func (j *JSON) Invoked(_ *recording.Recording, inv *recording.Invocation) {
	o := invocationObject{
		Type:          "invocation",
		Function:      j.function,
		RequestID:     inv.Report.RequestID,
		Status:        inv.Report.Status,
		ResponseMs:    inMs(inv.Response.Latency),
		FunctionError: inv.Response.FunctionError,
		Payload:       string(inv.Response.Payload),
		DurationMs:    inMs(inv.Report.Duration),
		BilledMs:      inv.Report.Billed.Milliseconds(),
		InitMs:        inMs(inv.Report.Init),
		Hooks:         inv.Hooks,
		Unknown:       inv.Unknown,
		Renewed:       inv.Renewed,
		Reset:         inv.Reset,
	}
	if json.Valid(inv.Response.Payload) {
		o.Payload = json.RawMessage(inv.Response.Payload)
	}
	if inv.Lost != nil {
		lost := inv.Lost.Count()
		o.Lost = &lost
	}
	j.Write(o)
}

func (j *JSON) Ended(r *recording.Recording) {
	if s := r.Shutdown; s != nil {
		j.Write(shutdownObject{
			Type:         "shutdown",
			Function:     j.function,
			Reason:       s.Reason,
			SinceStartMs: inMs(s.Since),
			IdleMs:       inMs(s.Idle),
			TookMs:       inMs(s.Took),
			Killed:       s.Killed,
			Hooks:        s.Hooks,
		})
	}
}

// Write writes an object, which must be one that marshals.
func (j *JSON) Write(object any) {
	line, err := json.Marshal(object)
	if err != nil {
		panic("printer: " + err.Error())
	}
	j.w.Write(append(line, '\n')) // the output takes care of errors
}

// inMs is d in milliseconds, to the microsecond.
func inMs(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
