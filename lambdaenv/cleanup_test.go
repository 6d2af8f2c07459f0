package lambdaenv_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		end  func(cancel context.CancelFunc, env *lambdaenv.Environment) error
	}{
		{"after Close", func(_ context.CancelFunc, env *lambdaenv.Environment) error { return env.Close() }},
		{"after the context ended", func(cancel context.CancelFunc, env *lambdaenv.Environment) error {
			cancel() // ends it in the background: the child dies without our doing
			return nil
		}},
		{"after Shutdown", func(_ context.CancelFunc, env *lambdaenv.Environment) error {
			_, err := env.Shutdown(context.Background(), "")
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			env, err := lambdaenv.Start(ctx, withExtension(t, script{Events: both}))
			if err != nil {
				t.Fatal(err)
			}
			gate := newGate(t)
			if _, err := env.Invoke(t.Context(), []byte(event{"Child": gate.String()}.String())); err != nil {
				t.Fatal(err)
			}
			gone := gate.hold()
			if _, err := env.WaitIdle(t.Context()); err != nil {
				t.Fatal(err)
			}
			ps := env.Processes()
			if len(ps) != 2 {
				t.Errorf("got processes %v, want 2", ps)
			}
			if err := tt.end(cancel, env); err != nil {
				t.Error(err)
			}
			gone()
			if err := env.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			for _, p := range ps {
				if proc, err := os.FindProcess(p.Pid); err == nil && proc.Signal(syscall.Signal(0)) == nil {
					t.Errorf("%s (pid %d) is left", p.Name, p.Pid)
				}
			}
		})
	}
}

func TestFilesAndPortsAreGivenBack(t *testing.T) {
	t.Parallel()
	se := startStubs(t, lambdaenv.Config{})
	vars := se.variables(lambdaenv.Function)
	if err := se.env.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(vars["TMPDIR"]); !os.IsNotExist(err) {
		t.Errorf("temporary folder: got %v, want it gone", err)
	}
	l, err := net.Listen("tcp", vars["AWS_LAMBDA_RUNTIME_API"])
	if err != nil {
		t.Fatalf("port: %v", err)
	}
	l.Close()
}

func TestCloseInTheMiddleOfAnInvocation(t *testing.T) {
	t.Parallel()
	env, err := lambdaenv.Start(t.Context(), withExtension(t, script{Events: both}))
	if err != nil {
		t.Fatal(err)
	}
	gate := newGate(t)
	result := make(chan error, 2)
	for range 2 { // one in progress, one waiting
		go func() {
			_, err := env.Invoke(context.Background(), []byte(event{"Gate": gate.String()}.String()))
			result <- err
		}()
	}
	gone := gate.hold()
	if err := env.Close(); err != nil {
		t.Error(err)
	}
	gone()
	for range 2 {
		if err := <-result; !errors.Is(err, lambdaenv.ErrClosed) {
			t.Errorf("got %v, want %v", err, lambdaenv.ErrClosed)
		}
	}
}

func TestContextEndsDuringInit(t *testing.T) {
	t.Parallel()
	gate := newGate(t)
	ctx, cancel := context.WithCancel(context.Background())
	cfg := withExtension(t, script{Events: both})
	cfg.Env = []string{script{Init: "gate " + gate.String()}.variable("ext")}
	result := make(chan error)
	go func() {
		_, err := lambdaenv.Start(ctx, cfg)
		result <- err
	}()
	gone := gate.hold()
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	gone()
	if _, err := lambdaenv.Start(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestCloseDuringShutdown(t *testing.T) {
	t.Parallel()
	cfg := withExtension(t, script{Events: both})
	cfg.Env = []string{script{Events: both, Shutdown: "hang"}.variable("ext")}
	env := lambdaenvtest.Start(t, cfg)
	result := make(chan error)
	go func() {
		_, err := env.Environment.Shutdown(context.Background(), "")
		result <- err
	}()
	env.AwaitLine("ext hangs")
	if err := env.Close(); err != nil {
		t.Error(err)
	}
	if err := <-result; !errors.Is(err, lambdaenv.ErrClosed) {
		t.Errorf("got %v, want %v", err, lambdaenv.ErrClosed)
	}
}

// The children of a test that is killed die with it. It is this test that is
// run once more, in another process, to be killed.
func TestChildrenDieWithTheirParent(t *testing.T) {
	t.Parallel()
	const arguments = "LAMBDAENV_TEST_CHILDREN"
	if v := os.Getenv(arguments); v != "" {
		args := strings.Split(v, " ")
		first, second := args[2], args[3]
		cfg := lambdaenv.Config{Function: args[0], Extensions: args[1:2]}
		cfg.Env = []string{script{Events: both, Invoke: "gate " + second}.variable("ext")}
		env := lambdaenvtest.Start(t, cfg)
		env.Invoke(event{"Gate": first}.String())
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux can tie the life of a process to that of its parent")
	}
	first, second := newGate(t), newGate(t)
	parent := exec.Command(os.Args[0], "-test.run=^TestChildrenDieWithTheirParent$")
	parent.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), arguments+"="+
		strings.Join([]string{function(t), extension(t, "ext"), first.String(), second.String()}, " "))
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			t.Log("parent:", s.Text())
		}
	}()
	functionGone, extensionGone := first.hold(), second.hold()
	parent.Process.Kill()
	functionGone()
	extensionGone()
	parent.Wait()
}
