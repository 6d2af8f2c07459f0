package awsrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/record"
)

// A play is what happens with one function: so many invocations, and the
// shutdown of the environment.
type play struct {
	cfg     *Config
	account *account
	target  target
	watch   *watch
	several bool // there are other functions

	log     *follower
	clock   clock
	calls   []*call
	story   story
	as      recording.About // as what it is recorded, once something was told
	closing *shutdown       // nil until the environment was shut down
	metric  metric
	err     error

	metricErr error // why there is no metric

	// happened is what the recorder is to be told, in batches. There is room
	// for all, so that a function whose turn to be shown comes later can go on.
	happened chan func(*recording.Recorder)
}

// A call is an invocation by us.
type call struct {
	*answer
	start, end *line // platform.start and platform.report
	hooks      *line // the library's record, if there are hooks
	told       bool
}

// A shutdown is the end of an environment.
type shutdown struct {
	hooks, environment *line // the library's and the extension's record
	whole              bool  // what is missing did not come in time
}

func newPlay(cfg *Config, a *account, t target, w *watch, several bool) *play {
	return &play{
		cfg: cfg, account: a, target: t, watch: w, several: several,
		log:      newFollower(a, t),
		story:    newStory(),
		happened: make(chan func(*recording.Recorder), cfg.Invocations+3),
	}
}

// run is the play. Whatever ends it, what is known is told.
func (p *play) run(ctx context.Context) error {
	defer p.watch.done(p)
	err := p.act(ctx)
	p.tell(nil)
	p.tellEnd()
	if err != nil {
		return err
	}
	return p.awaitMetric(ctx)
}

func (p *play) act(ctx context.Context) error {
	for range p.cfg.Invocations {
		p.watch.show(p, Progress{Step: "invoking " + p.target.function})
		a, err := p.account.invoke(ctx, p.target, p.cfg.Event)
		if err != nil {
			return interrupted(ctx, err)
		}
		c := &call{answer: a}
		p.calls = append(p.calls, c)
		if err := p.await(ctx, c); err != nil {
			return err
		}
		p.tell(c)
	}
	if p.cfg.NoWait {
		return nil
	}
	return p.awaitShutdown(ctx)
}

// await waits until the log has all of an invocation.
func (p *play) await(ctx context.Context, c *call) error {
	p.watch.show(p, Progress{Step: "waiting for the log of " + p.target.function})
	err := p.follow(ctx, p.cfg.Pace.Busy, p.cfg.Pace.Log, func() bool {
		p.recognise()
		return c.end != nil
	})
	if errors.Is(err, errPatience) {
		return fmt.Errorf("the log group %s has no platform.report of request %s after %v; "+
			"does %s log there, in the JSON format, with the system log level INFO?", p.target.group, c.RequestID, p.cfg.Pace.Log, p.target.function)
	}
	return err
}

// awaitShutdown waits until the log has all of the environment's end. One that
// is never shut down is no error: the checks say so.
func (p *play) awaitShutdown(ctx context.Context) error {
	last := p.calls[len(p.calls)-1]
	if p.story.reset {
		return nil // the last invocation ended the environment
	}
	p.log.limit([]string{last.start.stream})
	asleep := time.Now()
	var begun time.Time // when the first record of the end was seen
	err := p.follow(ctx, p.cfg.Pace.Quiet, p.cfg.Pace.Idle, func() bool {
		p.watch.show(p, Progress{Step: "waiting for the environment to be shut down", Passed: time.Since(asleep), Expected: usualIdle})
		s := p.findShutdown(last)
		if s.hooks == nil && s.environment == nil {
			return false
		}
		p.closing = s
		if begun.IsZero() {
			begun = time.Now()
		}
		s.whole = s.hooks != nil && s.environment != nil || time.Since(begun) > p.cfg.Pace.Grace
		return s.whole
	})
	if errors.Is(err, errPatience) {
		return nil
	}
	return err
}

// findShutdown returns what the log has of the environment's end after the last
// invocation.
func (p *play) findShutdown(last *call) *shutdown {
	s := &shutdown{}
	after := false
	for _, l := range p.ordered() {
		switch {
		case l.stream != last.start.stream:
		case l.kind == "report":
			after = true
			*s = shutdown{} // what was before belongs to a reset
		case after && l.message == record.ShutdownHooks:
			s.hooks = l
		case after && l.message == record.Environment:
			s.environment = l
		}
	}
	return s
}

// errPatience is what follow returns when it has waited for too long.
var errPatience = errors.New("waited for too long")

// quietLooks is how often nothing new must come after what was waited for, as
// lines can come in any order.
const quietLooks = 4

// follow reads the log until there is what is waited for and no more comes.
func (p *play) follow(ctx context.Context, interval, patience time.Duration, arrived func() bool) error {
	deadline := time.Now().Add(patience)
	for quiet := 0; ; {
		before := len(p.log.lines)
		if err := p.log.look(ctx); err != nil {
			return interrupted(ctx, err)
		}
		late := time.Now().After(deadline)
		switch {
		case !arrived():
			quiet = 0
			if late {
				return errPatience
			}
		case !late && slices.ContainsFunc(p.log.lines[before:], p.isOurs):
			quiet = 0
		default:
			quiet++
		}
		if quiet == quietLooks {
			return nil
		}
		wait := interval
		if quiet > 0 {
			wait = min(interval, p.cfg.Pace.Busy)
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// isOurs reports whether a line is of an environment that served us: others may
// use the function, too, and never fall silent.
func (p *play) isOurs(l *line) bool {
	return slices.ContainsFunc(p.calls, func(c *call) bool { return c.start != nil && c.start.stream == l.stream })
}

// recognise finds what belongs to our invocations in the log.
func (p *play) recognise() {
	for _, c := range p.calls {
		if c.end != nil && c.hooks != nil {
			continue
		}
		for _, l := range p.log.lines {
			switch {
			case l.requestID != c.RequestID:
			case l.kind == "start":
				c.start = l
			case l.kind == "report":
				c.end = l
			case l.message == record.Hooks:
				c.hooks = l
			}
		}
		if c.start == nil {
			c.end = nil // nothing is complete without its beginning
		}
	}
}
