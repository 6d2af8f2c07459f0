package awsrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

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
	several bool        // there are other functions
	shown   atomic.Bool // this one is recorded now, and its progress shown

	log         *follower
	clock       clock
	invocations []*invocation
	reset       bool      // the last invocation ended its environment
	shutdown    *shutdown // nil until the environment was shut down
	metric      metric
	metricErr   error // why there is no metric
	err         error

	about    recording.About // what is recorded, since the first update
	recorded time.Time       // the time of the last entry

	// updates are what the recorder gets, in batches. There is room for all of
	// them: a function that is shown later need not wait for it.
	updates chan func(*recording.Recorder)
}

// An invocation is one by us.
type invocation struct {
	lambdaenv.Response
	sent, got  time.Time // when, by the caller's clock
	start, end *line     // platform.start and platform.report
	hooks      *line     // the library's record, if there are hooks
	recorded   bool
}

// A shutdown is the end of an environment.
type shutdown struct {
	hooks, environment *line // the library's and the extension's record
	complete           bool  // what is missing did not come in time
}

// show shows what the run waits for if this is the one that is recorded.
func (r *run) show(p Progress) {
	if r.shown.Load() {
		r.cfg.Progress(p)
	}
}

// run runs the function. Regardless of what ends it, what is known is recorded.
func (r *run) run(ctx context.Context) error {
	err := r.invokeAll(ctx)
	if err == nil && !r.cfg.NoWait {
		err = r.awaitShutdown(ctx)
	}
	r.update(nil)
	r.recordEnd()
	if err != nil {
		return err
	}
	return r.awaitMetric(ctx)
}

func (r *run) invokeAll(ctx context.Context) error {
	for range r.cfg.Invocations {
		r.show(Progress{Step: "invoking " + r.target.function})
		inv, err := r.account.invoke(ctx, r.target, r.cfg.Event)
		if err != nil {
			return causeOr(ctx, err)
		}
		r.invocations = append(r.invocations, inv)
		r.show(Progress{Step: "waiting for the log of " + r.target.function})
		err = r.follow(ctx, r.cfg.Pace.Busy, r.cfg.Pace.Log, func() bool {
			r.match()
			return inv.end != nil
		})
		if errors.Is(err, errTimeout) {
			return fmt.Errorf("the log group %s has no platform.report of request %s after %v; "+
				"does %s log there, in the JSON format, with the system log level INFO?",
				r.target.group, inv.RequestID, r.cfg.Pace.Log, r.target.function)
		}
		if err != nil {
			return err
		}
		r.update(inv)
	}
	return nil
}

// awaitShutdown waits until the log has all of the environment's end. One that
// is never shut down is no error: it is in the checks.
func (r *run) awaitShutdown(ctx context.Context) error {
	if r.reset {
		return nil
	}
	stream := r.invocations[len(r.invocations)-1].start.stream
	r.log.streams = []string{stream} // others may use the function, too
	began := time.Now()
	var first time.Time // when the first record of the end was seen
	err := r.follow(ctx, r.cfg.Pace.Quiet, r.cfg.Pace.Idle, func() bool {
		r.show(Progress{"waiting for the environment to be shut down", time.Since(began), usualIdle})
		s := &shutdown{}
		for _, l := range r.linesOfEnd() {
			switch l.message {
			case record.ShutdownHooks:
				s.hooks = l
			case record.Environment:
				s.environment = l
			}
		}
		if s.hooks == nil && s.environment == nil {
			return false
		}
		r.shutdown = s
		if first.IsZero() {
			first = time.Now()
		}
		s.complete = s.hooks != nil && s.environment != nil || time.Since(first) > r.cfg.Pace.Grace
		return s.complete
	})
	if errors.Is(err, errTimeout) {
		return nil
	}
	return err
}

// linesOfEnd returns the lines of our last environment that came after its last
// invocation, which may be one of another caller.
func (r *run) linesOfEnd() []*line {
	stream := r.invocations[len(r.invocations)-1].start.stream
	var lines []*line
	for _, l := range r.ordered() {
		switch {
		case l.stream != stream:
		case l.platform.Kind == "report":
			lines = nil
		default:
			lines = append(lines, l)
		}
	}
	return lines
}

// errTimeout is what follow returns when nothing came in time.
var errTimeout = errors.New("nothing came in time")

// quietLooks is how often nothing new must come after what was waited for, as
// lines can come in any order.
const quietLooks = 4

// follow reads the log until it has what is waited for and no more comes.
func (r *run) follow(ctx context.Context, interval, timeout time.Duration, arrived func() bool) error {
	deadline := time.Now().Add(timeout)
	for quiet := 0; ; {
		before := len(r.log.lines)
		if err := r.log.look(ctx); err != nil {
			return causeOr(ctx, err)
		}
		late, complete := time.Now().After(deadline), arrived()
		switch {
		case !complete && late:
			return errTimeout
		case !complete, !late && slices.ContainsFunc(r.log.lines[before:], r.isOurs):
			quiet = 0
		default:
			quiet++
		}
		if quiet == quietLooks {
			return nil
		}
		wait := interval
		if quiet > 0 {
			wait = min(interval, r.cfg.Pace.Busy)
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// isOurs reports whether a line is of an environment that served us: others may
// use the function, too, and never pause.
func (r *run) isOurs(l *line) bool {
	return slices.ContainsFunc(r.invocations, func(inv *invocation) bool {
		return inv.start != nil && inv.start.stream == l.stream
	})
}

// match finds the lines of our invocations in the log.
func (r *run) match() {
	for _, inv := range r.invocations {
		if inv.end != nil && inv.hooks != nil {
			continue
		}
		for _, l := range r.log.lines {
			switch {
			case l.requestID != inv.RequestID:
			case l.platform.Kind == "start":
				inv.start = l
			case l.platform.Kind == "report":
				inv.end = l
			case l.message == record.Hooks:
				inv.hooks = l
			}
		}
		if inv.start == nil {
			inv.end = nil // nothing is complete without its beginning
		}
	}
}

// ordered returns the lines of our environments in the order in which they were
// printed, as far as the log shows. What an environment did before our first
// invocation is of interest only if it was started for that.
func (r *run) ordered() []*line {
	var lines []*line
	for _, l := range r.log.lines {
		if r.isOurs(l) {
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, (*line).compare)
	const used, ours = 1, 2
	state := map[string]int{} // of environments, by stream
	for _, l := range slices.Clone(lines) {
		switch {
		case state[l.stream] == ours:
		case r.isStart(l):
			if state[l.stream] == used {
				lines = slices.DeleteFunc(lines, func(o *line) bool { return o.stream == l.stream && o.compare(l) < 0 })
			}
			state[l.stream] = ours
		case l.platform.Kind == "report":
			state[l.stream] = used
		}
	}
	return lines
}

// isStart reports whether an invocation of ours begins with the line.
func (r *run) isStart(l *line) bool {
	return slices.ContainsFunc(r.invocations, func(inv *invocation) bool { return inv.start == l })
}
