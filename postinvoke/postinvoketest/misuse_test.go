package postinvoketest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
)

// A spy is a test that notes what it fails with, and ends when it is told.
type spy struct {
	testing.TB
	cleanups []func()
	said     []string
}

func (s *spy) Helper()          {}
func (s *spy) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }
func (s *spy) Errorf(format string, args ...any) {
	s.said = append(s.said, fmt.Sprintf(format, args...))
}
func (s *spy) Fatal(args ...any) {
	s.said = append(s.said, fmt.Sprint(args...))
	panic(s)
}

// failures runs a test and returns what it failed with.
func failures(t *testing.T, test func(testing.TB)) []string {
	s := &spy{TB: t}
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
	return s.said
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
		{"New outside of the bubble", func(tb testing.TB) {
			env := postinvoketest.New(tb)
			synctest.Test(t, func(*testing.T) {
				defer func() { recover() }() // else the spy's panic is the bubble's
				postinvoketest.Invoke(env, wrap(func(context.Context) {}), "work")
			})
		}, "New was called outside of this bubble"},
		{"New outside of the bubble of Shutdown", func(tb testing.TB) {
			env := postinvoketest.New(tb)
			synctest.Test(t, func(*testing.T) {
				defer func() { recover() }() // else the spy's panic is the bubble's
				env.Shutdown()
			})
		}, "New was called outside of this bubble"},
		{"two environments", func(t testing.TB) {
			postinvoketest.New(t)
			postinvoketest.New(t)
		}, "another environment is open"},
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
		}, "refused: the hooks of its invocation are over"},
		{"shutdown function registered too late", func(t testing.TB) {
			if err := postinvoketest.New(t).Shutdown(); err != nil {
				t.Fatal(err)
			}
			postinvoke.Shutdown(func() {})
		}, "refused: the environment is shutting down"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := failures(t, test.test)
			if len(got) != 1 || !strings.Contains(got[0], test.want) {
				t.Errorf("got %q, want one failure with %q", got, test.want)
			}
		})
	}
}
