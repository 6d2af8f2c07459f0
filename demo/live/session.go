package live

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// Config describes what the page shows.
type Config struct {
	Environment lambdaenv.Config // with the extension, if there is one
	Function    string           // what it is, for the page: "the example function"
	Example     bool             // the function takes the events of the example
	Event       []byte           // to begin with
	Layer       bool             // whether the extension is switched on at first
	Place       string           // where it runs: "on this machine"
	Quiet       bool             // the log leaves out lines at the level DEBUG
}

// A session runs one execution environment after another, as requests ask for
// them, and records what happens.
type session struct {
	cfg      Config
	ctx      context.Context
	recorder *recording.Recorder
	updates  *updates
	calls    sync.WaitGroup // that continue after their request was answered

	mu           sync.Mutex
	env          *lambdaenv.Environment // nil if there is none
	layer        bool
	closed       bool          // nothing may begin any more
	waiting      bool          // a caller waits for a response
	busy         int           // calls whose hooks may still run
	shuttingDown bool          // the environment is being shut down
	idleTimeout  time.Duration // of an environment; 0: none
	idleTimer    *time.Timer   // nil while the environment is busy
	problem      string        // what went wrong last
}

// Why something cannot be done now.
var (
	errWaiting      = errors.New("not now: the caller still waits for its response")
	errShuttingDown = errors.New("not now: the environment is being shut down")
	errNoEnv        = errors.New("there is no environment; invoke the function first")
	errClosed       = errors.New("the demo has ended")
	errNoLayer      = errors.New("there is no extension to switch on")
)

func newSession(ctx context.Context, cfg Config) *session {
	s := &session{cfg: cfg, ctx: ctx, layer: cfg.Layer, updates: newUpdates()}
	about := recording.About{Place: cfg.Place, Endless: true, ForTimeline: cfg.Quiet}
	s.recorder = recording.NewRecorder(about, s.updates)
	return s
}

// invoke calls the function as a caller would, and starts an environment if
// there is none. It returns when the call was made.
func (s *session) invoke(event []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return errClosed
	case s.waiting:
		return errWaiting
	case s.shuttingDown:
		return errShuttingDown
	}
	s.waiting, s.problem = true, ""
	s.busy++
	s.stopIdling()
	s.calls.Go(func() {
		err := s.call(event)
		s.mu.Lock()
		s.busy--
		if err != nil && s.ctx.Err() == nil {
			s.problem = err.Error()
		}
		s.startIdling()
		s.mu.Unlock()
		s.updates.notify()
	})
	return nil
}

// call makes the call, and returns when the environment is idle again.
func (s *session) call(event []byte) error {
	called := time.Now()
	s.recorder.Call(event)
	answer := func(r *lambdaenv.Response) {
		s.mu.Lock() // for both: with the response the page may call again
		s.recorder.Answer(r)
		s.waiting = false
		s.mu.Unlock()
		s.updates.notify()
	}
	unanswered := func() {
		s.recorder.Observe(lambdaenv.Entry{Time: time.Now(), Source: lambdaenv.Caller, Kind: lambdaenv.Responded})
		answer(nil)
	}
	env, err := s.environment()
	if err != nil {
		unanswered()
		return err
	}
	response, err := env.Invoke(s.ctx, event)
	if err != nil {
		unanswered()
		return s.whyClosed(env, err)
	}
	seen := *response
	seen.Latency = time.Since(called) // as the caller sees it, a cold start included
	answer(&seen)
	report, err := env.WaitIdle(s.ctx)
	if err != nil {
		return s.whyClosed(env, err)
	}
	if report != nil && report.RequestID == response.RequestID {
		s.recorder.Invoked(&seen, report)
	}
	return nil
}

// whyClosed returns what is wrong with an environment that has ended: nothing,
// if it was shut down.
func (s *session) whyClosed(env *lambdaenv.Environment, err error) error {
	if errors.Is(err, lambdaenv.ErrClosed) {
		err = env.Close()
		s.mu.Lock()
		if s.env == env {
			s.env = nil
		}
		s.mu.Unlock()
	}
	return err
}

// environment returns the one that there is, or a new one.
func (s *session) environment() (*lambdaenv.Environment, error) {
	s.mu.Lock()
	env, cfg := s.env, s.cfg.Environment
	if !s.layer {
		cfg.Extensions = nil
	}
	s.mu.Unlock()
	if env != nil {
		return env, nil
	}
	cfg.Observe, cfg.Forget = s.recorder.Observe, true
	env, err := lambdaenv.Start(s.ctx, cfg)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.env = env
	s.mu.Unlock()
	return env, nil
}

// crash kills the function's process.
func (s *session) crash() error {
	s.mu.Lock()
	env := s.env
	s.stopIdling()
	s.mu.Unlock()
	if env == nil {
		return errNoEnv
	}
	if err := env.Signal(lambdaenv.RuntimeName, syscall.SIGKILL); err != nil {
		return errors.New("there is no process to crash; invoke the function first")
	}
	return nil
}

// switchLayer switches the extension on or off, for the next environment: the
// one that there is is shut down.
func (s *session) switchLayer(on bool) error {
	if on && len(s.cfg.Environment.Extensions) == 0 {
		return errNoLayer
	}
	if err := s.shutdown(); err != nil && !errors.Is(err, errNoEnv) {
		return err
	}
	s.mu.Lock()
	s.layer = on
	s.mu.Unlock()
	s.updates.notify()
	return nil
}

// setIdleTimeout sets for how long an environment may idle; 0 means without end.
func (s *session) setIdleTimeout(d time.Duration) {
	s.mu.Lock()
	s.idleTimeout = d
	s.startIdling()
	s.mu.Unlock()
	s.updates.notify()
}

// startIdling starts the timer if nothing happens. The caller holds the lock.
func (s *session) startIdling() {
	s.stopIdling()
	if s.idleTimeout == 0 || s.env == nil || s.busy > 0 || s.shuttingDown || s.closed {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(s.idleTimeout, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.idleTimer == timer { // else it was stopped, or started anew
			_ = s.startShutdown()
		}
	})
	s.idleTimer = timer
}

// stopIdling stops the timer. The caller holds the lock.
func (s *session) stopIdling() {
	if s.idleTimer != nil {
		s.idleTimer.Stop()
		s.idleTimer = nil
	}
}

// shutdown ends the environment when it is idle. It returns when that was
// asked for.
func (s *session) shutdown() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.startShutdown()
}

// startShutdown is shutdown. The caller holds the lock.
func (s *session) startShutdown() error {
	switch {
	case s.closed:
		return errClosed
	case s.shuttingDown:
		return errShuttingDown
	case s.env == nil && s.waiting:
		return errWaiting
	case s.env == nil:
		return errNoEnv
	}
	s.shuttingDown, s.problem = true, ""
	s.stopIdling()
	s.updates.notify()
	env := s.env
	s.calls.Go(func() {
		_, err := env.Shutdown(s.ctx, "")
		s.mu.Lock()
		s.env, s.shuttingDown = nil, false
		if err != nil && s.ctx.Err() == nil {
			s.problem = err.Error()
		}
		s.mu.Unlock()
		s.updates.notify()
	})
	return nil
}

// close ends everything, and returns when nothing is left.
func (s *session) close() error {
	s.mu.Lock()
	s.closed = true
	s.stopIdling()
	s.mu.Unlock()
	s.calls.Wait() // their context has ended
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.env == nil {
		return nil
	}
	return s.env.Close()
}
