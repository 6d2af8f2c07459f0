package lambdaenv

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"example.com/postinvoke/internal/lambdalog"
)

// ErrClosed is returned once the environment was shut down or closed, or the
// context of Start has ended.
var ErrClosed = errors.New("lambdaenv: the execution environment is closed")

// An Environment is one running execution environment. Its methods may be
// called from any goroutine.
//
// Everything that changes in the life of the environment happens on one
// goroutine, [Environment.live]. Others hand it functions to run: the public
// methods, the HTTP handlers of the two APIs, and the watchers of the
// processes. So nothing below needs a lock, except the log, which is written
// by the readers of the processes' output as well.
type Environment struct {
	cfg       Config
	log       *eventLog
	platform  platformLog
	spawner   spawner
	tmp       string // stands for /tmp
	logStream string
	unwatch   func() bool // stops watching the context of Start

	calls    chan func()   // run on the goroutine of live
	closing  chan struct{} // closed when everything has to end at once
	close    sync.Once
	over     chan struct{} // closed when nothing is left
	closeErr error         // of cleaning up; read after over

	// Owned by live.
	in       *instance // nil between a reset and the next init
	queue    []*invocation
	delayed  int         // asynchronous invocations that wait for their next attempt
	tenant   *string     // of all invocations, nil before the first
	current  *invocation // on demand: the one in progress
	coldInit time.Duration
	idle     bool // nothing in progress, and the processes are frozen
	idlers   []chan<- *Report
	last     *Report
	leaving  *leaving
	left     bool // the Shutdown phase is over
}

// leaving is a request to shut down.
type leaving struct {
	reason string
	report chan *ShutdownReport
}

// Start starts the extensions, and once they all have registered the function,
// as Lambda does in the Init phase, and returns when each of them has asked for
// its next event and the environment is frozen.
//
// If one of them fails, crashes, or takes longer than Config.InitTimeout, the
// error says which one and shows the last lines it printed, and nothing is left
// behind. When ctx ends, during Start or later, everything is killed as if by
// Close.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
func Start(ctx context.Context, cfg Config) (*Environment, error) {
	if !supported {
		return nil, fmt.Errorf("lambdaenv: %w on this operating system; use Linux or macOS", errors.ErrUnsupported)
	}
	cfg, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	level, _ := systemLevel(cfg.SystemLogLevel)
	e := &Environment{
		cfg: cfg,
		log: &eventLog{observe: cfg.Observe, forget: cfg.Forget,
			stored: lambdalog.Settings{JSON: cfg.LogFormat == JSON, Level: cfg.ApplicationLogLevel}},
		logStream: fmt.Sprintf("%s/[$LATEST]%016x%016x", time.Now().UTC().Format("2006/01/02"), rand.Uint64(), rand.Uint64()),
		calls:     make(chan func()),
		closing:   make(chan struct{}),
		over:      make(chan struct{}),
	}
	e.platform = platformLog{e.log, cfg.LogFormat == JSON, level, cfg.initType(), cfg.MemoryMB}
	if e.tmp, err = os.MkdirTemp("", "lambdaenv-"); err != nil {
		return nil, fmt.Errorf("lambdaenv: %w", err)
	}
	e.spawner = newSpawner()
	e.unwatch = context.AfterFunc(ctx, e.end)
	started := make(chan error, 1)
	go e.live(started)
	if err := <-started; err != nil {
		<-e.over
		if cause := ctx.Err(); cause != nil && errors.Is(err, ErrClosed) {
			err = cause
		}
		return nil, err
	}
	return e, nil
}

// WaitIdle returns when no invocation is in progress or waiting, and the
// processes are frozen (those of a managed instance never are) or, after a
// timeout or a crash, gone. The report is that of the invocation that was over
// last, nil if there was none.
//
// The error is ErrClosed when the environment is over, with the report of the
// last invocation all the same, or that of ctx.
func (e *Environment) WaitIdle(ctx context.Context) (*Report, error) {
	report := make(chan *Report, 1)
	e.do(func() {
		e.idlers = append(e.idlers, report)
		e.tellIdlers()
	})
	select {
	case r := <-report:
		return r, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-e.over:
		return e.last, ErrClosed
	}
}

// Shutdown runs the Shutdown phase and returns when nothing is left. It begins
// when the invocation in progress is over, hooks included; those that wait for
// their turn get ErrClosed. An empty reason means "spindown".
//
// Without any extension the function is killed at once. With internal ones only
// it gets SIGTERM and 500 ms. With external ones it gets SIGTERM and 300 ms
// (500 ms if there are internal ones as well), and then the external ones that
// registered for it get the SHUTDOWN event, and what is left of 2 s. Who has
// not exited by then is killed.
//
// If ctx ends first, Shutdown returns its error, but the phase goes on.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
func (e *Environment) Shutdown(ctx context.Context, reason string) (*ShutdownReport, error) {
	if reason == "" {
		reason = "spindown"
	}
	l := &leaving{reason, make(chan *ShutdownReport, 1)}
	first := false
	if !e.do(func() {
		if first = e.leaving == nil; first {
			e.leaving = l
		}
	}) || !first {
		return nil, ErrClosed
	}
	select {
	case <-e.over:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case report := <-l.report:
		return report, e.closeErr
	default:
		return nil, ErrClosed
	}
}

// Close kills everything at once, as Lambda never does, and returns when no
// process, port or file is left. It may be called again, and after Shutdown.
// The error says what could not be cleaned up.
func (e *Environment) Close() error {
	e.end()
	<-e.over
	return e.closeErr
}

func (e *Environment) end() {
	e.close.Do(func() { close(e.closing) })
}

// Entries returns the log so far; with Config.Forget, nothing.
func (e *Environment) Entries() []Entry { return e.log.snapshot() }

// do runs f on the goroutine of live and returns when it has run. It reports
// false if the environment is over.
func (e *Environment) do(f func()) bool {
	done := make(chan struct{})
	select {
	case e.calls <- func() { f(); close(done) }:
		<-done
		return true
	case <-e.over:
		return false
	}
}

func (e *Environment) event(kind Kind, text string) {
	e.log.add(Entry{Source: Platform, Kind: kind, Text: text})
}

// tmpFolder returns a folder that lives as long as the environment.
func (e *Environment) tmpFolder(name string) (string, error) {
	path := filepath.Join(e.tmp, name)
	return path, os.MkdirAll(path, 0o755)
}
