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

// A story is one run of a script. It is also the test that lambdaenvtest gets,
// whose failures are those of the script's current line.
type story struct {
	testing.TB
	ts    *testscript.TestScript
	layer bool

	env       *lambdaenvtest.Env // nil before start
	from      int                // where in the log the last invocation begins
	caller    chan outcome
	requestID string // of the last one that was answered
	worked    bool   // since the last fault
	ended     bool
	told      map[string]bool // lines that the script has found
}

type storyKey struct{}

// begin makes the story of a script, and sees that it is told to its end.
func begin(env *testscript.Env, layer bool) {
	s := &story{TB: env.T().(testing.TB), layer: layer, told: map[string]bool{}}
	env.Values[storyKey{}] = s
	s.Cleanup(func() {
		if s.Failed() || s.Skipped() {
			return
		}
		if !(s.worked && s.ended) {
			s.Error("a script ends with works and shutdown, so that the fault is known to be over")
			return
		}
		for _, line := range s.heldInVain() {
			s.Errorf("the environment was held in vain, which the script does not tell with logged: %s", line)
		}
	})
}

// Fatalf ends the script.
func (s *story) Fatalf(format string, args ...any) {
	s.ts.Fatalf(format, args...)
}

// parse sets the flags of a command, and returns the other arguments, of which
// there have to be n.
func (s *story) parse(flags *flag.FlagSet, args []string, n int) []string {
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); err != nil {
		s.Fatalf("%v", err)
	}
	if flags.NArg() != n {
		s.Fatalf("got %d arguments, want %d", flags.NArg(), n)
	}
	return flags.Args()
}

// start starts an environment.
func (s *story) start(args []string) {
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
	s.worked, s.ended = false, false
}

// heldInVain returns the records of long holds that ended without word from the
// function, and that the script has not found. (A process that has died is waited
// for as well, but only for as long as it may take Lambda to notice.)
func (s *story) heldInVain() []string {
	var lines []string
	for _, line := range s.env.Lines() {
		long := strings.Contains(line, string(gate.NotCalled)) || strings.Contains(line, string(gate.Deadline))
		if long && !s.told[line] {
			lines = append(lines, line)
		}
	}
	return lines
}

// works tells that an invocation goes as it should.
func (s *story) works(args []string) {
	flags := flag.NewFlagSet("works", flag.ContinueOnError)
	noHooks := flags.Bool("without-hooks", false, "")
	until := flags.String("until", "", "")
	s.parse(flags, args, 0)
	const most = 1000
	before := len(s.env.Lines())
	for range most {
		s.work(*noHooks)
		said := func(line string) bool { return strings.Contains(line, *until) }
		if *until == "" || slices.ContainsFunc(s.env.Lines()[before:], said) {
			return
		}
	}
	s.Fatalf("%d invocations, and none of them had time for %q", most, *until)
}

func (s *story) work(withoutHooks bool) {
	s.invoke(false, []string{"work"})
	if report := s.env.WaitIdle(); report.Status != "success" {
		s.Fatalf("got status %s, want success", report.Status)
	}
	if withoutHooks {
		s.order([]string{"handler works", "responded", "idle"})
	} else {
		s.order([]string{"handler works", "responded", "hook works", "idle"})
		for _, e := range s.env.Entries()[s.from:] {
			if e.RequestID == s.requestID && strings.Contains(e.Text, record.Released) {
				s.Fatalf("the hooks were not waited for: %s", e.Text)
			}
		}
	}
	s.worked = true
}

// shutdown ends the environment, and tells whom Lambda had to kill. Who was
// about to leave when the time was up does not count: that is the machine's
// load.
func (s *story) shutdown(neg bool, args []string) {
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
	s.ended = true
}
