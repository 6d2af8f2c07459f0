package postinvoketest

import (
	"bytes"
	"context"
	"io"
	"os"
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
	early           bytes.Buffer // records from before an environment was open
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

// maxEarly bounds what is kept if no environment is opened, as in a benchmark that
// calls handlers itself. Later records go to standard output.
const maxEarly = 4096

// output is where the records about a context go.
type output struct{ ctx context.Context }

// Write writes to the output of the invocation's test. Records that belong to no
// invocation, such as the one about the process, go to that of a test that runs;
// if none does, as while variables are initialized, to that of the next one.
func (o output) Write(p []byte) (int, error) {
	process.mu.Lock()
	defer process.mu.Unlock()
	open := process.environments
	inv := invocationOf(o.ctx)
	switch {
	case inv != nil && slices.Contains(open, inv.environment):
		return inv.environment.t.Output().Write(p)
	case len(open) > 0:
		return open[0].t.Output().Write(p)
	case process.early.Len() < maxEarly:
		return process.early.Write(p)
	}
	return os.Stdout.Write(p)
}
