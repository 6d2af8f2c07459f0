package lambdaenv_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

func TestFrozenProcessesStandStill(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{
		Function:   function(t),
		Extensions: []string{extension(t, "busy")},
		Env:        []string{script{Events: both}.variable("busy")},
	})
	env.Invoke(event{"Tick": true}.String())
	env.WaitIdle()
	frozenThreads(t, env)

	// Another environment is the clock: while it works, this one stands still.
	clock := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})
	for range 20 {
		clock.Invoke(`{}`)
		clock.WaitIdle()
	}
	frozenThreads(t, env)
	before := ticks(env)
	gate := newGate(t)
	go env.Invoke(event{"Gate": gate.String()}.String())
	open := gate.next()
	env.AwaitLine(fmt.Sprint("tick ", before+2)) // it continues where it was
	open()
	env.WaitIdle()

	frozen, next := false, 0
	for _, e := range env.Entries() {
		switch {
		case e.Kind == lambdaenv.Frozen:
			frozen = true
		case e.Kind == lambdaenv.Thawed:
			frozen = false
		case e.Source == lambdaenv.Platform || e.Source == lambdaenv.Caller:
		case frozen:
			t.Errorf("got %+v from a frozen process", e)
		case strings.HasPrefix(e.Text, "tick"):
			if want := fmt.Sprint("tick ", next); e.Text != want {
				t.Fatalf("got %q, want %q", e.Text, want)
			}
			next++
		}
	}
}

// ticks returns the number of ticks so far.
func ticks(env *lambdaenvtest.Env) int {
	n := 0
	for _, line := range env.Lines() {
		if strings.HasPrefix(line, "tick") {
			n++
		}
	}
	return n
}

// frozenThreads checks that every thread of the processes is stopped.
func frozenThreads(t *testing.T, env *lambdaenvtest.Env) {
	t.Helper()
	ps := env.Processes()
	if len(ps) == 0 {
		t.Error("got no processes")
	}
	for _, p := range ps {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", p.Pid))
		if err != nil || len(tasks) == 0 {
			t.Fatalf("threads of %s: %v, %d of them", p.Name, err, len(tasks))
		}
		for _, task := range tasks {
			stat, err := os.ReadFile(task)
			if err != nil {
				t.Fatal(err)
			}
			_, state, _ := strings.Cut(string(stat), ") ")
			if state[0] != 'T' {
				t.Errorf("%s: thread %s is in state %c, want T", p.Name, task, state[0])
			}
		}
	}
}

func TestFrozenAfterInitAndBetweenInvocations(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})
	frozenThreads(t, env)
	for range 20 {
		env.Invoke(`{}`)
		env.WaitIdle()
		frozenThreads(t, env)
	}
}

func TestPeakMemory(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})
	p := env.Processes()[0]
	if p.Name != lambdaenv.RuntimeName || p.PeakMemory() < 1<<20 {
		t.Errorf("got %+v with %d bytes, want the runtime with more than 1 MB", p, p.PeakMemory())
	}
	env.Invoke(`{}`)
	if report := env.WaitIdle(); int64(report.MaxMemoryMB)<<20 < p.PeakMemory() {
		t.Errorf("got %d MB, want at least %d bytes", report.MaxMemoryMB, p.PeakMemory())
	}
}
