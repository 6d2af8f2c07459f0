package postinvoketest

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"

	"example.com/postinvoke/internal/testhook"
	"example.com/postinvoke/postinvoke"
)

// process is what the environments of parallel tests share: package postinvoke
// has one environment at a time.
var process shared

type shared struct {
	mu              sync.Mutex
	environments    []*Environment // that are open
	parallel        bool           // several were open at once, since none was
	shuttingDown    bool
	shutDown, leave func()       // of package postinvoke
	early           bytes.Buffer // records that no environment was open for
}

func init() { testhook.Output = func(ctx context.Context) io.Writer { return output{ctx} } }

// open reports false if the environment has been shut down by another test.
func (s *shared) open(e *Environment) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shuttingDown {
		return false
	}
	if len(s.environments) == 0 {
		s.parallel = false
		// While this environment is the only one, what belongs to no invocation belongs to it.
		s.shutDown, s.leave = testhook.Enter(called, &postinvoke.Observer{
			Hook:       e.hookFinished,
			LateHook:   e.lateHookFinished,
			Invocation: invocationFinished,
		})
	}
	s.environments = append(s.environments, e)
	s.parallel = s.parallel || len(s.environments) > 1
	s.early.WriteTo(e.t.Output())
	return true
}

func (s *shared) close(e *Environment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.environments = slices.DeleteFunc(s.environments, func(other *Environment) bool { return other == e })
	if len(s.environments) == 0 {
		s.shuttingDown = false
		s.leave()
	}
}

// beginShutdown returns nil if it is not known whose functions it would call.
func (s *shared) beginShutdown() (shutDown func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parallel {
		return nil
	}
	s.shuttingDown = true
	return s.shutDown
}

// output is where the records about a context go.
type output struct{ ctx context.Context }

// Write writes to the output of the invocation's test. Records that belong to no
// invocation, such as the one about the process, are written for one of the tests
// that run; if none does, as while variables are initialized, for the next one.
func (o output) Write(p []byte) (int, error) {
	process.mu.Lock()
	defer process.mu.Unlock()
	open := process.environments
	if inv := invocationOf(o.ctx); inv != nil && slices.Contains(open, inv.environment) {
		return inv.environment.t.Output().Write(p)
	}
	if len(open) > 0 {
		return open[0].t.Output().Write(p)
	}
	return process.early.Write(p)
}
