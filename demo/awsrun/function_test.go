package awsrun_test

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/internal/lambdalog"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
	"example.com/postinvoke/record"
)

// A function is one with an environment and a log group.
type function struct {
	account             *account
	output, name, group string
	env                 *lambdaenvtest.Env

	mu     sync.Mutex
	events []logEvent
	looks  int           // at the log
	idle   int           // invocations that have ended
	ending bool          // the environment is being shut down
	ahead  time.Duration // by how much Lambda's clock is ahead
	spans  []float64     // the extension's overhead of each invocation
}

// A logEvent is one of a log group.
type logEvent struct {
	ID      string `json:"eventId"`
	Stream  string `json:"logStreamName"`
	Message string `json:"message"`
	Time    int64  `json:"timestamp"`
	visible int    // from this look on
}

func (a *account) newFunction(t *testing.T, output string) *function {
	f := &function{
		account: a, output: output, ahead: a.cfg.Skew,
		name: stackName + "-" + output + "Function0A1B2C3D", group: stackName + "-" + output + "Logs4E5F6A7B",
	}
	f.add("of a run before this one", time.Now().Add(f.ahead-time.Minute))
	cfg := lambdaenv.Config{
		Name: f.name, LogFormat: lambdaenv.JSON, Observe: f.observe,
		Function: lambdaenvtest.Build(t, cmp.Or(a.cfg.Function, "function")),
	}
	if !a.cfg.NoLayer {
		extension := lambdaenvtest.Build(t, "extension")
		cfg.Extensions = []string{lambdaenvtest.Named(t, extension, recording.OwnExtension)}
	}
	f.env = lambdaenvtest.Start(t, cfg)
	return f
}

// observe puts what is logged into the log group.
func (f *function) observe(e lambdaenv.Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch e.Kind {
	case lambdaenv.Line:
		f.log(e)
	case lambdaenv.Responded:
		f.ahead += f.account.cfg.HookTime
	case lambdaenv.Idle, lambdaenv.Reset:
		f.idle++
	}
}

func (f *function) log(e lambdaenv.Entry) {
	cfg := f.account.cfg
	text := f.lengthened(e.Text)
	if cfg.Rewrite != nil {
		text = cfg.Rewrite(text)
	}
	if text == "" {
		return
	}
	if r := lambdalog.Platform(text); r != nil && r.AfterRuntime() != nil {
		f.spans = append(f.spans, r.AfterRuntime().DurationMs)
	}
	if cfg.Skew != 0 {
		text = lambdalog.Shift(text, cfg.Skew)
	}
	if e.Source != lambdaenv.Platform {
		text, _ = lambdalog.Settings{JSON: true}.Event(text, e.Time, e.RequestID)
	}
	f.add(text, e.Time.Add(f.ahead))
}

func (f *function) add(message string, at time.Time) {
	n := len(f.events)
	visible := f.looks + 1 + n*7%(f.account.cfg.Late+1) // so that neighbours differ
	const stream = "2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef"
	f.events = append(f.events, logEvent{fmt.Sprintf("%056d", n), stream, message, at.UnixMilli(), visible})
}

var took = regexp.MustCompile(`"(hooksMs|durationMs|billedDurationMs)":([\d.]+)`)

// lengthened is a line in which hooks take HookTime longer.
func (f *function) lengthened(text string) string {
	if !strings.Contains(text, record.Hooks) && !strings.Contains(text, `"platform.report"`) {
		return text
	}
	return took.ReplaceAllStringFunc(text, func(field string) string {
		parts := took.FindStringSubmatch(field)
		ms, _ := strconv.ParseFloat(parts[2], 64)
		ms += float64(f.account.cfg.HookTime.Milliseconds())
		return fmt.Sprintf("%q:%s", parts[1], strconv.FormatFloat(ms, 'f', -1, 64))
	})
}

// look returns the events that are visible in the log since that time. Before each
// look another environment has logged something. The first
// look after the last invocation has the environment be shut down.
func (f *function) look(since int64) []logEvent {
	f.mu.Lock()
	defer f.mu.Unlock()
	cfg := f.account.cfg
	f.looks++
	if cfg.ShutdownAfter > 0 && f.idle >= cfg.ShutdownAfter && !f.ending {
		f.ending = true
		f.account.background.Go(f.shutDown)
	}
	busy := logEvent{fmt.Sprintf("%056d", len(f.events)), "another stream", "busy", time.Now().UnixMilli(), f.looks}
	f.events = append(f.events, busy)
	return slices.DeleteFunc(slices.Clone(f.events), func(e logEvent) bool {
		return e.visible > f.looks || e.Time < since
	})
}

// shutDown shuts the environment down. Not in the millisecond of its last
// report: on AWS minutes go by, and the log has no finer order.
func (f *function) shutDown() {
	_, _ = f.env.Environment.WaitIdle(context.Background())
	for idle := time.Now().UnixMilli(); time.Now().UnixMilli() == idle; {
		runtime.Gosched()
	}
	_, _ = f.env.Environment.Shutdown(context.Background(), "")
}

// metric returns the values that CloudWatch has, one for each invocation.
func (f *function) metric() []float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if replace := f.account.cfg.Metric; replace != nil {
		return replace(slices.Clone(f.spans))
	}
	return slices.Clone(f.spans)
}
