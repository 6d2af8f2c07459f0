package soak_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"example.com/postinvoke/internal/soak"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// A recorder keeps what happens in an environment, by invocation.
type recorder struct {
	managed bool // lines are not tagged with their invocation

	mu       sync.Mutex
	observed map[string]*observed // by request id; of invocations not checked yet
	wrong    []string             // what must never happen
	freezes  int
	resets   int
	changed  chan struct{} // closed and replaced with each entry
	counted  counts        // by the extension, over all environments
}

func newRecorder(managed bool) *recorder {
	return &recorder{managed: managed, observed: map[string]*observed{}, changed: make(chan struct{})}
}

// An observed is what was seen of one invocation.
type observed struct {
	responded bool
	before    []string    // places of hooks that ran before the response
	after     []string    // places of hooks that ran after it
	failed    int         // records of failed hooks
	summaries []logRecord // records of all hooks together
	released  bool        // the library stopped waiting for hooks
}

// A logRecord has the fields of the records of package record that are checked.
type logRecord struct {
	Message     string  `json:"message"`
	Level       string  `json:"level"`
	RequestID   string  `json:"requestId"`
	Outcome     string  `json:"outcome"`
	Invocations int     `json:"invocations"`
	Hooks       float64 `json:"hooks"`
	Failures    float64 `json:"failures"`
	Abandoned   float64 `json:"abandoned"`
}

// observe is for lambdaenv.Config.
func (r *recorder) observe(e lambdaenv.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.changed)
	r.changed = make(chan struct{})
	switch {
	case e.Kind == lambdaenv.Frozen:
		r.freezes++
	case e.Kind == lambdaenv.Reset:
		r.resets++
	case e.Kind == lambdaenv.Responded:
		r.of(e.RequestID).responded = true
	case e.Kind != lambdaenv.Line || e.Source == lambdaenv.Platform:
	case strings.HasPrefix(e.Text, soak.LinePrefix):
		r.ran(e)
	case strings.HasPrefix(e.Text, `{`):
		r.logged(e)
	case strings.Contains(e.Text, "DATA RACE"), strings.HasPrefix(e.Text, "fatal error:"):
		r.wrong = append(r.wrong, e.Text)
	}
}

func (r *recorder) of(requestID string) *observed {
	o := r.observed[requestID]
	if o == nil {
		o = &observed{}
		r.observed[requestID] = o
	}
	return o
}

// ran keeps the line of a hook.
func (r *recorder) ran(e lambdaenv.Entry) {
	requestID, place, _ := strings.Cut(strings.TrimPrefix(e.Text, soak.LinePrefix), " ")
	if !r.managed && requestID != e.RequestID {
		r.wrong = append(r.wrong, fmt.Sprintf("%q was printed in invocation %q", e.Text, e.RequestID))
	}
	o := r.of(requestID)
	if o.responded {
		o.after = append(o.after, place)
	} else {
		o.before = append(o.before, place)
	}
}

// logged keeps a record.
func (r *recorder) logged(e lambdaenv.Entry) {
	var rec logRecord
	if err := json.Unmarshal([]byte(e.Text), &rec); err != nil {
		r.wrong = append(r.wrong, fmt.Sprintf("%v: %s", err, e.Text))
		return
	}
	switch rec.Message {
	case record.Hooks:
		o := r.of(rec.RequestID)
		o.summaries = append(o.summaries, rec)
	case record.HookFailed:
		r.of(rec.RequestID).failed++
	case record.Environment:
		r.counted.Invocations += rec.Invocations
		r.counted.Hooks += int(rec.Hooks)
		r.counted.Failures += int(rec.Failures)
		r.counted.Abandoned += int(rec.Abandoned)
	case record.Released:
		r.of(rec.RequestID).released = true
	default:
		if rec.Level == "ERROR" || rec.Level == "WARN" {
			r.wrong = append(r.wrong, e.Text)
		}
	}
}

// check returns what is wrong with an invocation, which has finished, or with
// anything else so far.
func (r *recorder) check(requestID string, plan soak.Plan) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	wrong := r.wrong
	o := r.of(requestID)
	delete(r.observed, requestID)

	want := expect(plan)
	inOrder := o.after
	if plan.Ends == soak.Panic {
		inOrder = o.before // the process ends with the response
		o.before = nil
		if len(o.after) > 0 {
			wrong = append(wrong, fmt.Sprintf("got hooks %v after the response to a panic, want none", o.after))
		}
	}
	anyOrder := o.before // only hooks of Go run before the response
	inOrder = slices.DeleteFunc(slices.Clone(inOrder), func(place string) bool {
		if !slices.Contains(want.anyOrder, place) {
			return false
		}
		anyOrder = append(anyOrder, place)
		return true
	})
	slices.Sort(anyOrder)
	if !slices.Equal(inOrder, want.inOrder) {
		wrong = append(wrong, fmt.Sprintf("got hooks %v, want %v in this order", inOrder, want.inOrder))
	}
	if !slices.Equal(anyOrder, want.anyOrder) {
		wrong = append(wrong, fmt.Sprintf("got hooks %v in any order, want %v", anyOrder, want.anyOrder))
	}
	return append(wrong, o.checkRecords(plan, want)...)
}

func (o *observed) checkRecords(plan soak.Plan, want expected) (wrong []string) {
	if o.failed != want.failures {
		wrong = append(wrong, fmt.Sprintf("got %d records of failed hooks, want %d", o.failed, want.failures))
	}
	if o.released && plan.Ends != soak.Panic { // a panic ends the process
		wrong = append(wrong, "the hooks were not waited for")
	}
	count := hooksOf(plan)
	if count == 0 {
		if len(o.summaries) > 0 {
			wrong = append(wrong, fmt.Sprintf("got %+v, want no record without hooks", o.summaries))
		}
		return wrong
	}
	outcome := map[soak.End]string{soak.Returns: "ok", soak.Error: "error", soak.Panic: "panic"}[plan.Ends]
	if len(o.summaries) != 1 {
		return append(wrong, fmt.Sprintf("got %d records of the hooks, want 1", len(o.summaries)))
	}
	got := o.summaries[0]
	asPlanned := got.Hooks == float64(count) && got.Failures == float64(want.failures)
	if !asPlanned || got.Abandoned != 0 || got.Outcome != outcome {
		wrong = append(wrong, fmt.Sprintf("got %+v, want %d hooks, %d failures, outcome %s",
			got, count, want.failures, outcome))
	}
	return wrong
}

// await returns when reached reports true, or ctx has ended. It calls reached
// with the lock held.
func (r *recorder) await(ctx context.Context, reached func() bool) error {
	for {
		r.mu.Lock()
		there, changed := reached(), r.changed
		r.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// unchecked returns the invocations that were never checked.
func (r *recorder) unchecked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []string
	for id := range r.observed {
		ids = append(ids, id)
	}
	return ids
}
