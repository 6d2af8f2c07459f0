package faults_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
	"example.com/postinvoke/record"
)

// A scenario is one run of a script. It is also the testing.TB of lambdaenvtest:
// its failures are failures of the script's current line.
type scenario struct {
	testing.TB
	ts    *testscript.TestScript
	layer bool

	env       *lambdaenvtest.Env // nil before start
	managed   bool
	from      int // where the last invocation begins in the log
	callers   map[string]chan outcome
	requestID string // of the last invocation that was answered
	worked    bool   // since the last fault
	shutDown  bool
	found     map[string]bool // lines that the script has found
}

type scenarioKey struct{}

// begin makes the scenario of a script, which is checked when the script has ended.
func begin(env *testscript.Env, layer bool) {
	s := &scenario{TB: env.T().(testing.TB), layer: layer, callers: map[string]chan outcome{}}
	env.Values[scenarioKey{}] = s
	s.Cleanup(func() {
		if s.Failed() || s.Skipped() {
			return
		}
		if err := s.check(); err != nil {
			s.Error(err)
		}
	})
}

// check checks the end of an environment.
func (s *scenario) check() error {
	if !s.worked || !s.shutDown {
		return errors.New("an environment ends with works and shutdown, which show that it has recovered")
	}
	if lines := s.unexplained(); len(lines) > 0 {
		return fmt.Errorf("the script has to find these lines, with lost or with logged:\n%s", strings.Join(lines, "\n"))
	}
	return nil
}

// Fatalf ends the script.
func (s *scenario) Fatalf(format string, args ...any) {
	s.ts.Fatalf(format, args...)
}

// parse sets the flags of a command, and returns the other arguments, of which
// there have to be n.
func (s *scenario) parse(flags *flag.FlagSet, args []string, n int) []string {
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); err != nil {
		s.Fatalf("%v", err)
	}
	if flags.NArg() != n {
		s.Fatalf("got %d arguments, want %d", flags.NArg(), n)
	}
	return flags.Args()
}

// start starts an environment, the first one or another.
func (s *scenario) start(args []string) {
	if s.env != nil {
		if err := s.check(); err != nil {
			s.Fatalf("the environment before: %v", err)
		}
	}
	cfg := lambdaenv.Config{Timeout: 15 * time.Minute}
	flags := flag.NewFlagSet("start", flag.ContinueOnError)
	flags.DurationVar(&cfg.Timeout, "timeout", cfg.Timeout, "")
	flags.Func("env", "", func(kv string) error {
		cfg.Env = append(cfg.Env, kv)
		return nil
	})
	flags.Func("with", "", func(program string) error {
		cfg.Extensions = append(cfg.Extensions, lambdaenvtest.Build(s, "./testdata/"+program))
		return nil
	})
	flags.Func("refuse", "", func(call string) error {
		cfg.Refuse = map[string]int{call: http.StatusForbidden}
		return nil
	})
	flags.IntVar(&cfg.MaxConcurrency, "managed", 0, "")
	extension := flags.String("layer", "", "")
	program := s.parse(flags, args, 1)[0]

	if s.layer {
		ours := lambdaenvtest.Build(s, "extension")
		if *extension == "" {
			cfg.Extensions = append(cfg.Extensions, ours)
		} else {
			cfg.Extensions = append(cfg.Extensions, lambdaenvtest.Build(s, "./testdata/"+*extension))
			cfg.Env = append(cfg.Env, "EXTENSION="+ours)
		}
	}
	cfg.Function = lambdaenvtest.Build(s, "./testdata/"+program)
	s.env = lambdaenvtest.Start(s, cfg)
	s.managed = cfg.MaxConcurrency > 0
	s.worked, s.shutDown = false, false
	s.from, s.found = 0, map[string]bool{}
}

// unexplained returns the lines that the script has to find, and has not: hooks
// that were lost, long holds that ended without a report by the function, and
// problems of the library or the extension.
func (s *scenario) unexplained() []string {
	marks := []string{record.HooksLost, record.LibraryProblem, record.ExtensionProblem,
		string(gate.NotCalled), string(gate.Deadline)}
	var lines []string
	for _, line := range s.env.Lines() {
		mark := func(mark string) bool { return strings.Contains(line, mark) }
		if slices.ContainsFunc(marks, mark) && !s.found[line] {
			lines = append(lines, line)
		}
	}
	return lines
}

// works checks that an invocation goes as it should.
func (s *scenario) works(args []string) {
	flags := flag.NewFlagSet("works", flag.ContinueOnError)
	noHooks := flags.Bool("without-hooks", false, "")
	until := flags.String("until", "", "")
	s.parse(flags, args, 0)
	const attempts = 1000
	before := len(s.env.Lines())
	for range attempts {
		s.workOnce(*noHooks)
		matches := func(line string) bool { return strings.Contains(line, *until) }
		if *until == "" || slices.ContainsFunc(s.env.Lines()[before:], matches) {
			return
		}
	}
	s.Fatalf("%d invocations, and in none of them a line with %q", attempts, *until)
}

func (s *scenario) workOnce(withoutHooks bool) {
	s.invoke(false, []string{"work"})
	if report := s.env.WaitIdle(); report.Status != "success" {
		s.Fatalf("got status %s, want success", report.Status)
	}
	switch {
	case withoutHooks:
		s.order([]string{"handler works", "responded", "idle"})
	case s.managed: // an invocation is done with its response there
		s.await([]string{record.Hooks})
	default:
		s.order([]string{"handler works", "responded", "hook works", "idle"})
		for _, e := range s.env.Entries()[s.from:] {
			if e.RequestID == s.requestID && strings.Contains(e.Text, record.Released) {
				s.Fatalf("the hooks were not waited for: %s", e.Text)
			}
		}
	}
	s.worked = true
}

// shutdown ends the environment, and prints which processes Lambda had to kill.
// One that was about to exit when the time was up does not count: that is the
// machine's load.
func (s *scenario) shutdown(neg bool, args []string) {
	processes := s.env.Processes()
	s.from = len(s.env.Entries())
	s.env.Shutdown()
	var killed []string
	for _, e := range s.env.Entries()[s.from:] {
		if e.Kind == lambdaenv.Exited && e.Text == "signal: killed" {
			killed = append(killed, cmp.Or(e.Name, lambdaenv.RuntimeName))
		}
	}
	fmt.Fprintln(s.ts.Stdout(), strings.Join(killed, "\n"))
	if len(killed) > 0 != neg {
		s.Fatalf("%v had to be killed", killed)
	}
	for _, p := range processes {
		if err := syscall.Kill(p.Pid, 0); !errors.Is(err, syscall.ESRCH) {
			s.Fatalf("%s (pid %d) is still there: %v", p.Name, p.Pid, err)
		}
	}
	s.shutDown = true
}
