package lambdaenvtest_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

const function = "lambdaenv/testdata/function"

func TestEnv(t *testing.T) {
	var seen []lambdaenv.Entry
	env := lambdaenvtest.Start(t, lambdaenv.Config{
		Function: lambdaenvtest.Build(t, function),
		Observe:  func(e lambdaenv.Entry) { seen = append(seen, e) },
	})
	response := env.Invoke(`{"Print": ["hello"]}`)
	report := env.WaitIdle()
	env.Shutdown()
	lines := env.Lines()

	if report.RequestID != response.RequestID || report.Status != "success" {
		t.Errorf("got %+v", report)
	}
	if !slices.Contains(lines, "hello") || !slices.Contains(lines, "END RequestId: "+response.RequestID) {
		t.Errorf("got lines %q", lines)
	}
	if !slices.Equal(seen, env.Entries()) || !slices.Equal(seen, env.Environment.Entries()) {
		t.Error("the Observe of the test got other entries")
	}
}

func TestAwaitFindsWhatIsThereAndWhatComes(t *testing.T) {
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: lambdaenvtest.Build(t, function)})
	found := make(chan lambdaenv.Entry)
	go func() { found <- env.AwaitLine("hello") }()
	env.Invoke(`{"Print": ["hello"]}`)
	if got := <-found; got.Text != "hello" || got != env.AwaitLine("hello") {
		t.Errorf("got %+v", got)
	}
}

func TestBuild(t *testing.T) {
	fromRoot := lambdaenvtest.Build(t, "lambdaenv/testdata/stub")
	fromHere := lambdaenvtest.Build(t, "../testdata/stub")
	if fromRoot != fromHere || filepath.Base(fromRoot) != "stub" {
		t.Errorf("got %s and %s, want the same", fromRoot, fromHere)
	}
	if other := lambdaenvtest.Build(t, "lambdaenv/testdata/stub", "-tags=other"); other == fromRoot {
		t.Error("got the same executable for other flags")
	}
}

// A recorder is a test that may fail.
type recorder struct {
	testing.TB
	failure string
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	panic(r)
}

// failing returns how the test failed.
func failing(t *testing.T, test func(t testing.TB)) (failure string) {
	r := &recorder{TB: t}
	defer func() {
		if v := recover(); v != nil && v != r {
			panic(v)
		}
		failure = r.failure
	}()
	test(r)
	return ""
}

func TestFailuresAreFatal(t *testing.T) {
	for _, tt := range []struct {
		name string
		test func(testing.TB)
		want []string
	}{
		{"no such package", func(t testing.TB) { lambdaenvtest.Build(t, "no/such/package") },
			[]string{"build no/such/package"}},
		{"does not compile", func(t testing.TB) { lambdaenvtest.Build(t, function, "-no-such-flag") }, []string{"go build",
			"no-such-flag"}},
		{"does not start", func(t testing.TB) {
			lambdaenvtest.Start(t, lambdaenv.Config{Function: lambdaenvtest.Build(t, function), Env: []string{"INIT=exit"}})
		}, []string{"Runtime.ExitError", "the configuration is missing", "init-started", "INIT_REPORT"}},
		{"is closed", func(tb testing.TB) {
			env := lambdaenvtest.Start(tb, lambdaenv.Config{Function: lambdaenvtest.Build(t, function)})
			env.Shutdown()
			env.Invoke(`{}`)
		}, []string{"invoke: ", lambdaenv.ErrClosed.Error()}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := failing(t, tt.test)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("got %q, want it to contain %q", got, want)
				}
			}
		})
	}
}
