package postinvoketest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
)

// A spyTB records failures and output in the place of a test.
type spyTB struct {
	testing.TB
	cleanups []func()
	failures []string
	output   bytes.Buffer
}

func (s *spyTB) Helper()           {}
func (s *spyTB) Cleanup(f func())  { s.cleanups = append(s.cleanups, f) }
func (s *spyTB) Output() io.Writer { return &s.output }
func (s *spyTB) Errorf(format string, args ...any) {
	s.failures = append(s.failures, fmt.Sprintf(format, args...))
}
func (s *spyTB) Fatal(args ...any) {
	s.failures = append(s.failures, fmt.Sprint(args...))
	panic(s)
}

// spyOn runs a test to its end.
func spyOn(t *testing.T, test func(testing.TB)) *spyTB {
	s := &spyTB{TB: t}
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(s) {
				panic(r)
			}
		}()
		test(s)
	}()
	for _, f := range s.cleanups {
		f()
	}
	return s
}

func TestMisuseFailsTheTest(t *testing.T) {
	tests := []struct {
		name string
		test func(testing.TB)
		want string
	}{
		{"not wrapped", func(t testing.TB) {
			handle := func(context.Context, int) (int, error) { return 0, nil }
			postinvoketest.Invoke(postinvoketest.New(t), handle, 1)
		}, "the handler is not wrapped"},
		{"not wrapped, and calls Run", func(t testing.TB) {
			handle := func(ctx context.Context, _ int) (int, error) { postinvoke.Run(ctx, func() {}); return 0, nil }
			postinvoketest.Invoke(postinvoketest.New(t), handle, 1)
		}, "the handler is not wrapped: give Invoke the result of postinvoke.Wrap, or the method Invoke of that of " +
			"postinvoke.WrapHandler; it panicked: postinvoke: "},
		{"New outside of the bubble", func(tb testing.TB) {
			env := postinvoketest.New(tb)
			synctest.Test(t, func(*testing.T) {
				defer func() { recover() }() // otherwise the panic of spyTB.Fatal is the bubble's
				postinvoketest.Invoke(env, wrap(func(context.Context) {}), "work")
			})
		}, "New was called outside of this bubble"},
		{"New outside of the bubble of Shutdown", func(tb testing.TB) {
			env := postinvoketest.New(tb)
			synctest.Test(t, func(*testing.T) {
				defer func() { recover() }() // otherwise the panic of spyTB.Fatal is the bubble's
				env.Shutdown()
			})
		}, "New was called outside of this bubble"},
		{"a shutdown beside another test", func(t testing.TB) {
			postinvoketest.New(t)
			postinvoketest.New(t).Shutdown()
		}, "do not run a test that calls Environment.Shutdown in parallel"},
		{"a test beside a shutdown", func(t testing.TB) {
			if err := postinvoketest.New(t).Shutdown(); err != nil {
				t.Fatal(err)
			}
			postinvoketest.New(t)
		}, "has been shut down and is still open"},
		{"hooks not run", func(t testing.TB) {
			postinvoketest.Invoke(postinvoketest.New(t), wrap(func(ctx context.Context) {
				postinvoke.RunContext(ctx, func(context.Context) error { return errDiskFull })
			}), "fail")
		}, "disk full"},
		{"hook registered too late", func(t testing.TB) {
			var late context.Context
			inv := postinvoketest.Invoke(postinvoketest.New(t), wrap(func(ctx context.Context) { late = ctx }), "save")
			if err := inv.RunHooks(); err != nil {
				t.Fatal(err)
			}
			postinvoke.Run(late, func() {})
		}, "refused: the hooks of its invocation are done"},
		{"shutdown function registered too late", func(t testing.TB) {
			if err := postinvoketest.New(t).Shutdown(); err != nil {
				t.Fatal(err)
			}
			postinvoke.Shutdown(func() {})
		}, "refused: the environment is shutting down"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := spyOn(t, test.test).failures
			if len(got) != 1 || !strings.Contains(got[0], test.want) {
				t.Errorf("got %q, want one failure with %q", got, test.want)
			}
		})
	}
}

func TestRecordsGoToTheOutputOfTheirTest(t *testing.T) {
	var log string
	other := spyOn(t, func(t2 testing.TB) {
		postinvoketest.New(t2)
		log = spyOn(t, func(t testing.TB) {
			postinvoketest.Invoke(postinvoketest.New(t), wrap(func(ctx context.Context) {
				postinvoke.RunContext(ctx, func(context.Context) error { return errDiskFull })
			}), "fail").RunHooks()
		}).output.String()
	})
	for _, want := range []string{"postinvoke: hook failed", "disk full", "postinvoke: hooks finished"} {
		if !strings.Contains(log, want) {
			t.Errorf("got log %q, want %q in it", log, want)
		}
	}
	if got := other.output.String(); strings.Contains(got, "hook") {
		t.Errorf("got log %q in another test", got)
	}
}

var wrappedDuringInit = wrap(func(context.Context) {})

// The record about the process is written when the first handler is wrapped,
// which is while variables are initialized in this package.
func TestATestThatPassesPrintsNothing(t *testing.T) {
	postinvoketest.Invoke(postinvoketest.New(t), wrappedDuringInit, "work")
	if os.Getenv("POSTINVOKETEST_INNER") != "" {
		return
	}
	for _, verbose := range []bool{false, true} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestATestThatPassesPrintsNothing$", fmt.Sprint("-test.v=", verbose))
		cmd.Env = append(os.Environ(), "POSTINVOKETEST_INNER=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if got := strings.Contains(string(out), "postinvoke: ready"); got != verbose {
			t.Errorf("verbose is %t: got output\n%s", verbose, out)
		}
	}
}
