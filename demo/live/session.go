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
	Environment lambdaenv.Config // with the extension
	Function    string           // what it is, for the page: "the example function"
	Example     bool             // the function takes the events of the example
	Event       []byte           // to begin with
	Layer       bool             // whether the extension is switched on at first
	Quiet       bool             // the log leaves out lines at the level DEBUG
}

// A session runs one execution environment after another, as requests ask for
// them, and records what happens.
type session struct {
	cfg      Config
	ctx      context.Context
	recorder *recording.Recorder
	rows     rows
	calls    sync.WaitGroup // that continue after their request was answered
	idle     *time.Timer    // shuts down the environment; stopped while that is busy

	mu           sync.Mutex
	env          *lambdaenv.Environment // nil if there is none
	layer        bool
	waiting      bool          // a caller waits for a response
	busy         int           // calls whose hooks may still run
	shuttingDown bool          // the environment is being shut down
	idleTimeout  time.Duration // of an environment; 0: none
	problem      string        // what went wrong last
}

// Why something cannot be done now.
var (
	errWaiting      = errors.New("not now: the caller still waits for its response")
	errStarting     = errors.New("not now: the environment still starts")
	errShuttingDown = errors.New("not now: the environment is being shut down")
	errNoEnv        = errors.New("there is no environment; invoke the function first")
)

func newSession(ctx context.Context, cfg Config) *session {
	s := &session{cfg: cfg, ctx: ctx, layer: cfg.Layer}
	about := recording.About{Place: "on this machine", Endless: true, ForTimeline: cfg.Quiet}
	s.recorder = recording.NewRecorder(about, &s.rows)
	s.idle = time.AfterFunc(time.Hour, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.busy == 0 {
			_ = s.shutdown()
		}
	})
	s.idle.Stop()
	return s
}

// The methods for requests, which are the next five, are called with the lock held.

// invoke calls the function as a caller would, and starts an environment if
// there is none. It returns when the call was made.
func (s *session) invoke(event []byte) error {
	switch {
	case s.ctx.Err() != nil:
		return s.ctx.Err()
	case s.waiting:
		return errWaiting
	case s.shuttingDown:
		return errShuttingDown
	}
	s.waiting, s.problem = true, ""
	s.busy++
	s.calls.Go(func() {
		err := s.call(event)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.busy--
		s.failed(err)
		s.restartIdle()
	})
	return nil
}

// crash kills the function's process.
func (s *session) crash() error {
	if s.env == nil && s.waiting {
		return errStarting
	}
	if s.env == nil || s.env.Signal(lambdaenv.RuntimeName, syscall.SIGKILL) != nil {
		return errNoEnv
	}
	return nil
}

// switchLayer switches the extension on or off, for the next environment: the
// one that there is is shut down.
func (s *session) switchLayer(on bool) error {
	if err := s.shutdown(); err != nil && err != errNoEnv {
		return err
	}
	s.layer = on
	return nil
}

// setIdleTimeout sets for how long an environment may idle; 0 means without end.
func (s *session) setIdleTimeout(seconds uint16) error {
	s.idleTimeout = time.Duration(seconds) * time.Second
	s.restartIdle()
	return nil
}

// shutdown ends the environment when it is idle. It returns when that was
// asked for.
func (s *session) shutdown() error {
	env := s.env
	switch {
	case s.shuttingDown:
		return errShuttingDown
	case env == nil && s.waiting:
		return errStarting
	case env == nil || s.ctx.Err() != nil:
		return errNoEnv
	}
	s.shuttingDown, s.problem = true, ""
	s.calls.Go(func() {
		_, err := env.Shutdown(s.ctx, "")
		s.ended(env)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.shuttingDown = false
		s.failed(err)
	})
	return nil
}

// restartIdle begins to count anew. The caller holds the lock.
func (s *session) restartIdle() {
	s.idle.Stop()
	if s.idleTimeout > 0 {
		s.idle.Reset(s.idleTimeout)
	}
}

// failed notes what went wrong, if anything. The caller holds the lock.
func (s *session) failed(err error) {
	if err != nil && s.ctx.Err() == nil {
		s.problem = err.Error()
	}
}

// call makes the call, and returns when the environment is idle again.
func (s *session) call(event []byte) error {
	called := time.Now()
	s.recorder.Call(event)
	env, err := s.environment()
	var response *lambdaenv.Response
	if err == nil {
		response, err = env.Invoke(s.ctx, event)
	}
	if err != nil {
		s.recorder.Observe(lambdaenv.Entry{Time: time.Now(), Source: lambdaenv.Caller, Kind: lambdaenv.Responded})
	} else {
		response.Latency = time.Since(called) // as the caller sees it, a cold start included
	}
	s.mu.Lock() // for both: with the response the page may call again
	s.recorder.Answer(response)
	s.waiting = false
	s.mu.Unlock()
	if err != nil {
		return s.whyClosed(env, err)
	}
	report, err := env.WaitIdle(s.ctx)
	if err != nil {
		return s.whyClosed(env, err)
	}
	if report != nil && report.RequestID == response.RequestID {
		s.recorder.Invoked(response, report)
	}
	return nil
}

// whyClosed returns what is wrong with an environment that has ended: nothing,
// if it was shut down.
func (s *session) whyClosed(env *lambdaenv.Environment, err error) error {
	if env == nil || !errors.Is(err, lambdaenv.ErrClosed) {
		return err
	}
	s.ended(env)
	return env.Close()
}

// ended notes that an environment is no longer there.
func (s *session) ended(env *lambdaenv.Environment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.env == env {
		s.env = nil
	}
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
	defer s.mu.Unlock()
	s.env = env
	return env, nil
}

// close ends everything, and returns when nothing is left. The session's context
// has ended.
func (s *session) close() error {
	s.mu.Lock() // no call begins after this
	s.idle.Stop()
	s.mu.Unlock()
	s.calls.Wait()
	if s.env == nil {
		return nil
	}
	return s.env.Close()
}
