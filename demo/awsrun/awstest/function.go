package awstest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/internal/lambdalog"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// A function is one with an environment and a log group.
type function struct {
	account             *Account
	output, name, group string
	env                 *lambdaenvtest.Env

	mu     sync.Mutex
	events []event
	looks  int // at the log
	idle   int // invocations that are over
	ending bool
	spans  []float64 // the extension's overhead of each invocation
}

// An event is one of a log group.
type event struct {
	id, stream, message string
	time                time.Time
	visible             int // from this look on
}

func (a *Account) newFunction(output string) *function {
	f := &function{account: a, output: output, name: Stack + "-" + output + "Function0A1B2C3D", group: Stack + "-" + output + "Logs4E5F6A7B"}
	cfg := a.cfg.Lambda
	cfg.Name, cfg.LogFormat, cfg.Observe = f.name, lambdaenv.JSON, f.observe
	cfg.Function = lambdaenvtest.Build(a.t, cmp.Or(a.cfg.Function, "function"))
	if !a.cfg.NoLayer {
		cfg.Extensions = []string{lambdaenvtest.Named(a.t, lambdaenvtest.Build(a.t, "extension"), recording.OwnExtension)}
	}
	f.env = lambdaenvtest.Start(a.t, cfg)
	return f
}

// observe puts what is logged into the log group.
func (f *function) observe(e lambdaenv.Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch e.Kind {
	case lambdaenv.Line:
	case lambdaenv.Idle, lambdaenv.Reset:
		f.idle++
		return
	default:
		return
	}
	text := e.Text
	if f.account.cfg.Rewrite != nil {
		text = f.account.cfg.Rewrite(text)
	}
	if text == "" {
		return
	}
	f.measure(text)
	n := len(f.events)
	late := 0
	if f.account.cfg.Late > 0 {
		late = n * 7 % (f.account.cfg.Late + 1) // so that neighbours differ
	}
	f.events = append(f.events, event{
		id:      fmt.Sprintf("%056d", n),
		stream:  "2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef",
		message: f.shifted(f.stored(e, text)),
		time:    e.Time.Add(f.account.cfg.Skew),
		visible: f.looks + 1 + late,
	})
}

// stored is what CloudWatch has of a line.
func (f *function) stored(e lambdaenv.Entry, text string) string {
	if e.Source == lambdaenv.Platform {
		return text
	}
	event, _ := lambdalog.Settings{JSON: true, Level: f.account.cfg.Lambda.ApplicationLogLevel}.Event(text, e.Time, e.RequestID)
	return event
}

// measure takes the metric from a platform.report, which is where AWS has it
// from, too.
func (f *function) measure(text string) {
	var report struct {
		Type   string
		Record struct {
			Spans []struct {
				Name       string
				DurationMs float64
			}
		}
	}
	if json.Unmarshal([]byte(text), &report) != nil || report.Type != "platform.report" {
		return
	}
	for _, span := range report.Record.Spans {
		if span.Name == "extensionOverhead" {
			f.spans = append(f.spans, span.DurationMs)
		}
	}
}

var stamps = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// shifted is text with the times of Lambda's clock.
func (f *function) shifted(text string) string {
	if f.account.cfg.Skew == 0 {
		return text
	}
	return stamps.ReplaceAllStringFunc(text, func(s string) string {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return s
		}
		return t.Add(f.account.cfg.Skew).Format("2006-01-02T15:04:05.000Z")
	})
}

// end shuts the environment down. Not in the millisecond of its last report: on
// AWS minutes go by, and the log has no finer order.
func (f *function) end() {
	f.env.Environment.WaitIdle(context.Background())
	for idle := time.Now().UnixMilli(); time.Now().UnixMilli() == idle; {
		runtime.Gosched()
	}
	f.env.Environment.Shutdown(context.Background(), "")
}

// look returns the events that can be seen now. The first look after the last
// invocation has the environment be shut down.
func (f *function) look() []event {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks++
	if after := f.account.cfg.ShutdownAfter; after > 0 && f.idle >= after && !f.ending {
		f.ending = true
		f.account.background.Go(f.end)
	}
	if f.account.cfg.Busy {
		n := len(f.events)
		f.events = append(f.events, event{id: fmt.Sprintf("%056d", n), stream: "somebody else's", message: "busy", time: time.Now(), visible: f.looks})
	}
	var visible []event
	for _, e := range f.events {
		if e.visible <= f.looks {
			visible = append(visible, e)
		}
	}
	return visible
}

// invoke answers
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (a *Account) invoke(w http.ResponseWriter, r *http.Request, _ string) {
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/invocations")
	f := a.functions[name]
	if f == nil {
		failREST(w, Failure{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + name})
		return
	}
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	response, err := f.env.Environment.Invoke(r.Context(), payload)
	if err != nil {
		failREST(w, Failure{http.StatusInternalServerError, "ServiceException", err.Error()})
		return
	}
	if a.cfg.KeepBack {
		f.env.Environment.WaitIdle(r.Context())
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Requestid", response.RequestID)
	w.Header().Set("X-Amz-Executed-Version", "$LATEST")
	if response.FunctionError != "" {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
	}
	w.Write(response.Payload)
}
