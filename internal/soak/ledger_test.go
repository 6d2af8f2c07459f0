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

// A ledger takes down what happens in an environment, invocation by invocation.
type ledger struct {
	managed bool // lines are not tagged with their invocation

	mu       sync.Mutex
	accounts map[string]*account // by request id; of those not checked yet
	wrong    []string            // what must never happen
	freezes  int
	resets   int
	changed  chan struct{} // closed and replaced with each entry

	// Of the extension.
	goroutines int // that it had started, in the stacks it printed
	ended      int // how often it has
}

func newLedger(managed bool) *ledger {
	return &ledger{managed: managed, accounts: map[string]*account{}, changed: make(chan struct{})}
}

// An account is what is known of one invocation.
type account struct {
	responded bool
	before    []string    // places of hooks that ran before the response
	after     []string    // and of those that ran after it
	failed    int         // records of failed hooks
	summaries []logRecord // records of the hooks together
	released  bool        // the extension, or the library in its place, stopped waiting
}

// A logRecord has the fields of the records of package record that are checked.
type logRecord struct {
	Message   string  `json:"message"`
	Level     string  `json:"level"`
	RequestID string  `json:"requestId"`
	Outcome   string  `json:"outcome"`
	Hooks     float64 `json:"hooks"`
	Failures  float64 `json:"failures"`
	Abandoned float64 `json:"abandoned"`
}

// observe is for lambdaenv.Config.
func (l *ledger) observe(e lambdaenv.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
	switch {
	case e.Kind == lambdaenv.Frozen:
		l.freezes++
	case e.Kind == lambdaenv.Reset:
		l.resets++
	case e.Kind == lambdaenv.Exited && e.Source == lambdaenv.Extension:
		l.ended++
	case e.Kind == lambdaenv.Responded:
		l.account(e.RequestID).responded = true
	case e.Kind != lambdaenv.Line || e.Source == lambdaenv.Platform:
	case strings.HasPrefix(e.Text, soak.LinePrefix):
		l.ran(e)
	case strings.HasPrefix(e.Text, "created by "):
		if e.Source == lambdaenv.Extension && !strings.HasPrefix(e.Text, "created by runtime.") {
			l.goroutines++
		}
	case strings.HasPrefix(e.Text, `{`):
		l.logged(e)
	case strings.Contains(e.Text, "DATA RACE"), strings.HasPrefix(e.Text, "fatal error:"):
		l.wrong = append(l.wrong, e.Text)
	}
}

func (l *ledger) account(requestID string) *account {
	a := l.accounts[requestID]
	if a == nil {
		a = &account{}
		l.accounts[requestID] = a
	}
	return a
}

// ran takes down the line of a hook.
func (l *ledger) ran(e lambdaenv.Entry) {
	requestID, place, _ := strings.Cut(strings.TrimPrefix(e.Text, soak.LinePrefix), " ")
	if !l.managed && requestID != e.RequestID {
		l.wrong = append(l.wrong, fmt.Sprintf("%q was printed in invocation %q", e.Text, e.RequestID))
	}
	a := l.account(requestID)
	if a.responded {
		a.after = append(a.after, place)
	} else {
		a.before = append(a.before, place)
	}
}

// logged takes down a record.
func (l *ledger) logged(e lambdaenv.Entry) {
	var r logRecord
	if err := json.Unmarshal([]byte(e.Text), &r); err != nil {
		l.wrong = append(l.wrong, fmt.Sprintf("%v: %s", err, e.Text))
		return
	}
	switch r.Message {
	case record.Hooks:
		a := l.account(r.RequestID)
		a.summaries = append(a.summaries, r)
	case record.HookFailed:
		l.account(r.RequestID).failed++
	case record.Released:
		l.account(r.RequestID).released = true
	default:
		if r.Level == "ERROR" || r.Level == "WARN" {
			l.wrong = append(l.wrong, e.Text)
		}
	}
}

// check closes the account of an invocation, and returns what is wrong with it
// or with anything else so far.
func (l *ledger) check(requestID string, plan soak.Plan) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	wrong := l.wrong
	a := l.account(requestID)
	delete(l.accounts, requestID)

	want := look(plan)
	inOrder, whenever := a.after, []string(nil)
	if plan.Ends == soak.Panic {
		inOrder, a.before = a.before, nil // the process ends with the response
		if len(a.after) > 0 {
			wrong = append(wrong, fmt.Sprintf("got hooks %v after the response to a panic, want none", a.after))
		}
	}
	inOrder = slices.DeleteFunc(slices.Clone(inOrder), func(place string) bool {
		loose := slices.Contains(want.whenever, place)
		if loose {
			whenever = append(whenever, place)
		}
		return loose
	})
	whenever = append(whenever, a.before...) // which is for Go only
	slices.Sort(whenever)
	if !slices.Equal(inOrder, want.inOrder) {
		wrong = append(wrong, fmt.Sprintf("got hooks %v, want %v in this order", inOrder, want.inOrder))
	}
	if !slices.Equal(whenever, want.whenever) {
		wrong = append(wrong, fmt.Sprintf("got hooks %v at any time, want %v", whenever, want.whenever))
	}
	return append(wrong, a.checkRecords(plan, want)...)
}

func (a *account) checkRecords(plan soak.Plan, want outlook) (wrong []string) {
	if a.failed != want.failures {
		wrong = append(wrong, fmt.Sprintf("got %d records of failed hooks, want %d", a.failed, want.failures))
	}
	if a.released && plan.Ends != soak.Panic { // which ends the process
		wrong = append(wrong, "the hooks were not waited for")
	}
	count := hooksOf(plan)
	if count == 0 {
		if len(a.summaries) > 0 {
			wrong = append(wrong, fmt.Sprintf("got %+v, want no record without hooks", a.summaries))
		}
		return wrong
	}
	outcome := map[soak.End]string{soak.Returns: "ok", soak.Error: "error", soak.Panic: "panic"}[plan.Ends]
	if len(a.summaries) != 1 {
		return append(wrong, fmt.Sprintf("got %d records of the hooks, want 1", len(a.summaries)))
	}
	if s := a.summaries[0]; s.Hooks != float64(count) || s.Failures != float64(want.failures) || s.Abandoned != 0 || s.Outcome != outcome {
		wrong = append(wrong, fmt.Sprintf("got %+v, want %d hooks, %d failures, outcome %s", s, count, want.failures, outcome))
	}
	return wrong
}

// await returns when reached reports true, or ctx has ended. It calls reached
// with the lock held.
func (l *ledger) await(ctx context.Context, reached func() bool) error {
	for {
		l.mu.Lock()
		there, changed := reached(), l.changed
		l.mu.Unlock()
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

// rest returns the invocations that were never checked.
func (l *ledger) rest() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []string
	for id := range l.accounts {
		ids = append(ids, id)
	}
	return ids
}
