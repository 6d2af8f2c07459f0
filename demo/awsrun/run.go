package awsrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// A run is that of one function: so many invocations, and the shutdown of the
// environment.
type run struct {
	cfg     *Config
	account *account
	target  target

	lines       []*line         // of the log, as they came
	seen        map[string]bool // what identifies them
	invocations []*invocation
	reset       bool // the last invocation ended its environment

	end                        []*line // of the environment; none until it was shut down
	shutdownHooks, environment *line   // the library's and the extension's record in it

	err error // what ended the run

	recorder *recording.Recorder // nil until the first invocation is recorded
	recorded time.Time           // the time of the last entry
}

// An invocation is one by us.
type invocation struct {
	lambdaenv.Response
	sent       time.Time // by the caller's clock
	start, end *line     // platform.start and platform.report
	hooks      *line     // the library's record, if there are hooks
	recorded   bool
}

// invoke invokes the function and waits for its log, which it records at once if
// this is the first function.
func (r *run) invoke(ctx context.Context, first bool) error {
	for range r.cfg.Invocations {
		r.cfg.Progress("invoking " + r.target.function)
		inv, err := r.account.invoke(ctx, r.target, r.cfg.Event)
		if err != nil {
			return err
		}
		r.invocations = append(r.invocations, inv)
		r.cfg.Progress("waiting for the log of " + r.target.function)
		err = r.follow(ctx, r.cfg.Pace.Log, func() bool { return inv.end != nil })
		if errors.Is(err, errTimeout) {
			return fmt.Errorf("the log group %s has no platform.report of request %s after %v; "+
				"does %s log there, in the JSON format, with the system log level INFO?",
				r.target.group, inv.RequestID, r.cfg.Pace.Log, r.target.function)
		}
		if err != nil {
			return err
		}
		if first {
			r.record(inv)
		}
	}
	return nil
}

// finish records the invocations, waits for the end of the environment, if
// nothing has ended the run before, records that, and checks what was seen.
func (r *run) finish(ctx context.Context) []Check {
	for _, inv := range r.invocations {
		if !inv.recorded {
			r.record(inv)
		}
	}
	if r.err == nil && !r.cfg.NoWait && !r.reset {
		r.err = r.awaitShutdown(ctx)
	}
	r.record(nil)
	r.recordEnd()
	return r.checks(ctx)
}

// awaitShutdown waits until the log has all of the environment's end. One that
// is never shut down is no error: it is in the checks.
func (r *run) awaitShutdown(ctx context.Context) error {
	began := time.Now()
	var first time.Time // when the first record of the end was seen
	err := r.follow(ctx, r.cfg.Pace.Idle, func() bool {
		r.cfg.Progress(fmt.Sprintf("waiting for the environment to be shut down "+
			"(%d minutes so far; others report five to ten)", int(time.Since(began).Minutes())))
		end := r.linesOfEnd()
		for _, l := range end {
			switch l.message {
			case record.ShutdownHooks:
				r.shutdownHooks = l
			case record.Environment:
				r.environment = l
			}
		}
		if r.shutdownHooks == nil && r.environment == nil {
			return false
		}
		r.end, first = end, cmp.Or(first, time.Now())
		return r.shutdownHooks != nil && r.environment != nil || time.Since(first) > r.cfg.Pace.Grace
	})
	if errors.Is(err, errTimeout) {
		return nil
	}
	return err
}

// errTimeout is what follow returns when nothing came in time.
var errTimeout = errors.New("nothing came in time")

// quietLooks is how often nothing new must come after what was waited for, as
// lines can come in any order.
const quietLooks = 3

// follow reads the log until it has what is waited for and no more comes.
func (r *run) follow(ctx context.Context, timeout time.Duration, arrived func() bool) error {
	deadline := time.Now().Add(timeout)
	for quiet := 0; quiet < quietLooks; quiet++ {
		before := len(r.ordered())
		if err := r.look(ctx); err != nil {
			return err
		}
		r.match()
		late := time.Now().After(deadline)
		switch complete := arrived(); {
		case !complete && late:
			return errTimeout
		case !complete, !late && len(r.ordered()) > before:
			quiet = -1
		}
		if err := smithytime.SleepWithContext(ctx, r.cfg.Pace.Look); err != nil {
			return err
		}
	}
	return nil
}

// match finds the lines of our invocations in the log.
func (r *run) match() {
	for _, inv := range r.invocations {
		for _, l := range r.lines {
			switch {
			case l.requestID != inv.RequestID:
			case l.platform.Kind == "start":
				inv.start = l
			case l.platform.Kind == "report" && inv.start != nil: // nothing is complete without its beginning
				inv.end = l
			case l.message == record.Hooks:
				inv.hooks = l
			}
		}
	}
}

// withHooks returns the invocations whose report and hooks are in the log.
func (r *run) withHooks() []*invocation {
	return slices.DeleteFunc(slices.Clone(r.invocations), func(inv *invocation) bool {
		return inv.end == nil || inv.hooks == nil
	})
}

// ordered returns the lines of the environments that served us in the order in
// which they were printed, as far as the log shows. Others may use the function,
// too, and never pause.
func (r *run) ordered() []*line {
	ours := map[string]bool{}
	for _, inv := range r.invocations {
		if inv.start != nil {
			ours[inv.start.stream] = true
		}
	}
	lines := slices.DeleteFunc(slices.Clone(r.lines), func(l *line) bool { return !ours[l.stream] })
	slices.SortStableFunc(lines, (*line).compare)
	return lines
}

// linesOfEnd returns the lines of our last environment that came after its last
// invocation, which may be one of another caller.
func (r *run) linesOfEnd() []*line {
	last := r.invocations[len(r.invocations)-1].start
	var lines []*line
	for _, l := range r.ordered() {
		switch {
		case last == nil || l.stream != last.stream:
		case l.platform.Kind == "report":
			lines = nil
		default:
			lines = append(lines, l)
		}
	}
	return lines
}
