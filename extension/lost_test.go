package main_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"example.com/postinvoke/internal/blackbox"
	"example.com/postinvoke/record"
)

// blackBox is the name of the file.
const blackBox = "postinvoke-blackbox"

// functionVariable makes the test binary a function process, which notes what
// the variable says and then waits to be killed.
const functionVariable = "EXTENSION_TEST_FUNCTION"

func TestMain(m *testing.M) {
	if what := os.Getenv(functionVariable); what != "" {
		note(what)
		fmt.Println("noted")
		select {}
	}
	os.Exit(m.Run())
}

// A hook has only a name here.
type hook string

func (h hook) Key() blackbox.Key { return blackbox.Key{Name: string(h)} }
func (h hook) String() string    { return string(h) }

func note(what string) {
	box, err := blackbox.Open(func(err error) { panic(err) })
	if err != nil || box == nil {
		panic(fmt.Sprint("no black box: ", err))
	}
	begin := func(phase blackbox.Phase) *blackbox.Slot {
		return box.Begin("8476a536-e9f4-11e8-9739-2dfe598c3fcd", phase)
	}
	switch what {
	case "nothing":
	case "two invocations":
		for range 2 {
			box.Count(blackbox.Counters{Invocations: 1, Hooks: 3, Failures: 1, Abandoned: 1, AwakeMicros: 1500,
				LastEnd: time.Now().UnixMicro()})
		}
	case "handler":
		s := begin(blackbox.Handler)
		s.Push(hook("a"))
		s.Push(hook("bb"))
	case "response":
		s := begin(blackbox.Handler)
		s.Push(hook("a"))
		s.SetPhase(blackbox.Response)
	case "hooks":
		s := begin(blackbox.Handler)
		s.Push(hook("a"))
		s.Push(hook("bb"))
		s.Push(hook("ccc"))
		s.Go(hook("dddd"))
		s.SetPhase(blackbox.Hooks)
		s.Pop()
		s.Done()
		s.Pop()
	case "shutdown":
		s := box.Shutdown()
		s.Push(hook("a"))
		s.Push(hook("bb"))
		s.SetPhase(blackbox.Shutdown)
		s.Pop()
	case "before the shutdown":
		box.Shutdown().Push(hook("a"))
	case "done":
		s := begin(blackbox.Handler)
		s.Push(hook("a"))
		s.Pop()
		s.Done()
		s.Free()
		box.Shutdown().Push(hook("bb"))
		box.Shutdown().Free()
	default:
		panic(what)
	}
}

// function runs a function process beside the extension until it has noted
// something.
func (p *process) function(what string) *exec.Cmd {
	p.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), functionVariable+"="+what, "TMPDIR="+p.tmp)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		p.t.Fatalf("the function ended: %q, %v", line, err)
	}
	return cmd
}

func TestHooksLostWithAProcess(t *testing.T) {
	const id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
	tests := map[string]map[string]any{
		"nothing":         nil,
		"two invocations": nil,
		"done":            nil,
		"handler": {record.RequestID: id, record.Phase: "handler",
			record.Hook: nil, record.Running: 0.0, record.NotStarted: 2.0, record.Waiting: "bb, a"},
		"response": {record.RequestID: id, record.Phase: "response",
			record.Hook: nil, record.Running: 0.0, record.NotStarted: 1.0, record.Waiting: "a"},
		"hooks": {record.RequestID: id, record.Phase: "hooks",
			record.Hook: "bb, dddd", record.Running: 2.0, record.NotStarted: 1.0, record.Waiting: "a"},
		"shutdown": {record.RequestID: nil, record.Phase: "shutdown",
			record.Hook: "bb", record.Running: 1.0, record.NotStarted: 1.0, record.Waiting: "a"},
		"before the shutdown": {record.RequestID: nil, record.Phase: "shutdown",
			record.Hook: nil, record.Running: 0.0, record.NotStarted: 1.0, record.Waiting: "a"},
	}
	for what, fields := range tests {
		t.Run(what, func(t *testing.T) {
			api := newLambdaAPI(t)
			p := api.register()
			function := p.function(what)
			if _, err := os.Stat(p.tmp + "/" + blackBox); !os.IsNotExist(err) {
				t.Errorf("got %v for the file, want its name gone: others could truncate it", err)
			}
			function.Process.Kill()
			function.Wait()
			api.shutDown("failure")
			if fields != nil {
				r := p.record()
				want(t, r, map[string]any{"level": "ERROR", "message": record.HooksLost, record.Function: "orders"})
				want(t, r, fields)
			}
			r := p.record()
			want(t, r, map[string]any{"message": record.Environment, record.Reason: "failure"})
			if what == "two invocations" {
				want(t, r, map[string]any{record.Invocations: 2.0, record.AwakeMs: 3.0, record.HookCount: 6.0,
					record.Failures: 2.0, record.Abandoned: 2.0})
			}
			idle, ok := r[record.IdleMs].(float64)
			if ended := what == "two invocations"; ok != ended || idle < 0 {
				t.Errorf("got %s %v, want one if an invocation has ended", record.IdleMs, r[record.IdleMs])
			}
			p.wantExit(0)
		})
	}
}

// Lambda ends the function first. An emulator may not.
func TestAFunctionThatStillRunsHasLostNothing(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	p.function("hooks")
	api.shutDown("spindown")
	want(t, p.record(), map[string]any{"message": record.Environment, record.Invocations: nil})
	p.wantExit(0)
}
