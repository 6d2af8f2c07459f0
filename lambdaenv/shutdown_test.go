package lambdaenv_test

import (
	"errors"
	"slices"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

func TestShutdown(t *testing.T) {
	t.Parallel()
	extensions := func(scripts ...script) []string {
		var env []string
		for i, s := range scripts {
			env = append(env, s.variable([]string{"first", "second"}[i]))
		}
		return env
	}
	for _, tt := range []struct {
		name       string
		extensions int
		env        []string
		killed     []string
		want       []string // sequence from the beginning of the phase
	}{
		{
			"without extension no notice", 0, nil, []string{"runtime"},
			[]string{"shutdown-began", "signaled", "exited", "shutdown-done"},
		}, {
			"internal extension only", 0, []string{"SIGTERM=exit"}, nil,
			[]string{"shutdown-began", "thawed", "signaled", "SIGTERM", "exited", "shutdown-done"},
		}, {
			"internal extension only, does not exit", 0, []string{"SIGTERM=stay"}, []string{"runtime"},
			[]string{"shutdown-began", "thawed", "signaled", "SIGTERM", "signaled", "exited", "shutdown-done"},
		}, {
			"internal extension only, SIGTERM not handled", 0, []string{`INTERNAL="INVOKE"`}, nil,
			[]string{"shutdown-began", "thawed", "signaled", "exited", "shutdown-done"},
		}, {
			"external extension after the function", 1, extensions(script{Events: both}), nil,
			[]string{"shutdown-began", "thawed", "signaled", "exited", "first SHUTDOWN <nil> spindown", "exited",
				"shutdown-done"},
		}, {
			"external extension after a function that does not exit", 1,
			append(extensions(script{Events: both}), "SIGTERM=stay"), []string{"runtime"},
			[]string{"shutdown-began", "thawed", "signaled", "SIGTERM", "signaled", "exited", "first SHUTDOWN <nil> spindown",
				"exited", "shutdown-done"},
		}, {
			"external extension that does not exit", 1, extensions(script{Events: both, Shutdown: "hang"}), []string{"first"},
			[]string{"shutdown-began", "thawed", "signaled", "exited", "first SHUTDOWN <nil> spindown", "signaled", "exited",
				"shutdown-done"},
		}, {
			"external extension not registered for it", 1, extensions(script{Events: []string{"INVOKE"}}), []string{"first"},
			[]string{"shutdown-began", "thawed", "signaled", "exited", "signaled", "exited", "shutdown-done"},
		}, {
			"external extension without events", 1, extensions(script{Events: []string{}}), []string{"first"},
			[]string{"shutdown-began", "thawed", "signaled", "exited", "signaled", "exited", "shutdown-done"},
		}, {
			"one of two registered for it", 2, extensions(script{Events: []string{}}, script{Events: []string{"SHUTDOWN"}}),
			[]string{"first"},
			[]string{"shutdown-began", "thawed", "signaled", "exited", "signaled", "exited", "second SHUTDOWN <nil> spindown",
				"exited", "shutdown-done"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := lambdaenv.Config{Function: function(t), Env: tt.env}
			for _, name := range []string{"first", "second"}[:tt.extensions] {
				cfg.Extensions = append(cfg.Extensions, extension(t, name))
			}
			env := lambdaenvtest.Start(t, expireAt(t, cfg, "first hangs"))
			env.Invoke(`{}`)
			env.WaitIdle()
			report := env.Shutdown()
			if report.Reason != "spindown" || !slices.Equal(report.Killed, tt.killed) {
				t.Errorf("got %+v, want %v killed", report, tt.killed)
			}
			entries := env.Entries()
			i := slices.IndexFunc(entries, func(e lambdaenv.Entry) bool { return e.Kind == lambdaenv.ShutdownBegan })
			wantSequence(t, sequence(entries[i:], "SIGTERM", "SHUTDOWN"), tt.want...)
		})
	}
}

func TestShutdownWaitsForInvocation(t *testing.T) {
	t.Parallel()
	gate := newGate(t)
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})
	env.Invoke(event{"After": event{"Gate": gate.String()}}.String())
	open := gate.next()
	go open()
	env.Shutdown()
	wantSequence(t, sequence(after(env.Entries(), lambdaenv.Responded)),
		"runtime-done", "idle", "shutdown-began", "signaled", "exited", "shutdown-done")
}

func TestEnvironmentIsClosedAfterShutdown(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})
	env.Invoke(`{}`)
	env.Shutdown()
	if _, err := env.Environment.Invoke(t.Context(), nil); !errors.Is(err, lambdaenv.ErrClosed) {
		t.Errorf("invoke: got %v, want %v", err, lambdaenv.ErrClosed)
	}
	if report, err := env.Environment.WaitIdle(t.Context()); !errors.Is(err, lambdaenv.ErrClosed) ||
		report.Status != "success" {
		t.Errorf("wait: got %+v and %v, want the last report and %v", report, err, lambdaenv.ErrClosed)
	}
	if _, err := env.Environment.Shutdown(t.Context(), ""); !errors.Is(err, lambdaenv.ErrClosed) {
		t.Errorf("shut down again: got %v, want %v", err, lambdaenv.ErrClosed)
	}
	if ps := env.Processes(); ps != nil {
		t.Errorf("got processes %v", ps)
	}
	for range 2 {
		if err := env.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}
