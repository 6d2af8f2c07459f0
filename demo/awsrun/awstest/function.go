package awstest

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
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/internal/lambdalog"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
	"example.com/postinvoke/record"
)

// A function is one with an environment and a log group.
type function struct {
	account             *Account
	output, name, group string
	env                 *lambdaenvtest.Env

	mu     sync.Mutex
	events []event
	looks  int           // at the log
	idle   int           // invocations that have ended
	ending bool          // the environment is being shut down
	ahead  time.Duration // by how much Lambda's clock is ahead
	spans  []float64     // the extension's overhead of each invocation
}

// An event is one of a log group.
type event struct {
	id, stream, message string
	time                time.Time
	visible             int // from this look on
}

func (a *Account) newFunction(output string) *function {
	f := &function{
		account: a, output: output, ahead: a.cfg.Skew,
		name: Stack + "-" + output + "Function0A1B2C3D", group: Stack + "-" + output + "Logs4E5F6A7B",
	}
	cfg := lambdaenv.Config{
		Name: f.name, LogFormat: lambdaenv.JSON, Observe: f.observe,
		Function: lambdaenvtest.Build(a.t, cmp.Or(a.cfg.Function, "function")),
	}
	if !a.cfg.NoLayer {
		extension := lambdaenvtest.Build(a.t, "extension")
		cfg.Extensions = []string{lambdaenvtest.Named(a.t, extension, recording.OwnExtension)}
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
	ahead := f.ahead
	if r := lambdalog.Platform(text); r != nil {
		if span := r.AfterRuntime(); span != nil {
			f.spans = append(f.spans, span.DurationMs)
			ahead -= cfg.HookTime // its times are those of the response
		}
	}
	if ahead != 0 {
		text = lambdalog.Shift(text, ahead)
	}
	if e.Source != lambdaenv.Platform {
		text, _ = lambdalog.Settings{JSON: true}.Event(text, e.Time, e.RequestID)
	}
	n := len(f.events)
	id := fmt.Sprintf("%056d", n)
	if cfg.NoIDs {
		id = ""
	}
	f.events = append(f.events, event{
		id:      id,
		stream:  "2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef",
		message: text,
		time:    e.Time.Add(f.ahead),
		visible: f.looks + 1 + n*7%(cfg.Late+1), // so that neighbours differ
	})
}

var (
	hooksTook  = regexp.MustCompile(`"hooksMs":[\d.]+`)
	reportTook = regexp.MustCompile(`"(d|billedD)urationMs":[\d.]+`)
)

// lengthened is a line in which hooks take HookTime longer.
func (f *function) lengthened(text string) string {
	by := float64(f.account.cfg.HookTime.Milliseconds())
	took := reportTook
	switch {
	case by == 0:
		return text
	case strings.Contains(text, record.Hooks):
		took = hooksTook
	case !strings.Contains(text, `"platform.report"`):
		return text
	}
	return took.ReplaceAllStringFunc(text, func(field string) string {
		name, value, _ := strings.Cut(field, ":")
		ms, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return field
		}
		return name + ":" + strconv.FormatFloat(ms+by, 'f', -1, 64)
	})
}

// page returns the events of a page of the log, and the token of the next page,
// if any. The first page is a look, and the first look after the last invocation
// has the environment be shut down.
func (f *function) page(token string) ([]event, string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	cfg := f.account.cfg
	if token == "" {
		f.looks++
		if cfg.ShutdownAfter > 0 && f.idle >= cfg.ShutdownAfter && !f.ending {
			f.ending = true
			f.account.background.Go(f.shutDown)
		}
		if cfg.Busy {
			id := fmt.Sprintf("%056d", len(f.events))
			f.events = append(f.events, event{id, "another stream", "busy", time.Now(), f.looks})
		}
	}
	visible := slices.DeleteFunc(slices.Clone(f.events), func(e event) bool { return e.visible > f.looks })
	if cfg.PageSize == 0 {
		return visible, ""
	}
	page, _ := strconv.Atoi(token)
	next := strconv.Itoa(page + 1)
	from := page / 2 * cfg.PageSize
	switch {
	case page%2 == 0: // nothing found so far, as it is when much is searched
		return nil, next
	case from+cfg.PageSize >= len(visible):
		return visible[min(from, len(visible)):], ""
	}
	return visible[from : from+cfg.PageSize], next
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
