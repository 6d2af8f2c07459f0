package lambdaenv_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

func TestFunctionStartsWhenAllExtensionsHaveRegistered(t *testing.T) {
	t.Parallel()
	gate := newGate(t)
	started := make(chan *lambdaenvtest.Env)
	var log []lambdaenv.Entry
	cfg := lambdaenv.Config{
		Function:   function(t),
		Extensions: []string{extension(t, "quick"), extension(t, "slow")},
		Env: []string{
			script{Events: both}.variable("quick"),
			script{Events: []string{}, Init: "gate " + gate.String()}.variable("slow"),
			`INTERNAL="INVOKE"`,
		},
		Observe: func(e lambdaenv.Entry) { log = append(log, e) },
	}
	go func() { started <- lambdaenvtest.Start(t, cfg) }()
	open := gate.next()
	open()
	env := <-started

	got := sequence(env.Entries(), "slow register", "register internal", "EXTENSION", "INIT_START")
	for i, want := range []string{
		"init-started",
		"INIT_START Runtime Version: provided:al2023",
		"slow register: 200",
		"register internal 200",
		"EXTENSION\tName: quick\tState: Ready\tEvents: [INVOKE,SHUTDOWN]",
		"EXTENSION\tName: slow\tState: Ready\tEvents: []",
		"EXTENSION\tName: internal\tState: Ready\tEvents: [INVOKE]",
		"init-done",
		"frozen",
	} {
		if i >= len(got) || !strings.HasPrefix(got[i], want) {
			t.Fatalf("got %q, want %q at %d", got, want, i)
		}
	}
	if len(log) != len(env.Entries()) {
		t.Errorf("got %d entries by Observe, want all %d", len(log), len(env.Entries()))
	}
}

func TestInitFailures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		cfg    lambdaenv.Config
		want   []string // in the error
		report string   // in the log
		expire string   // the init, when this is printed
	}{
		{
			"function exits",
			lambdaenv.Config{Env: []string{"INIT=exit"}},
			[]string{"the function", "exit status 3", "Runtime.ExitError", "the configuration is missing"},
			"Phase: init\tStatus: error\tError Type: Runtime.ExitError", "",
		}, {
			"function reports an error",
			lambdaenv.Config{Env: []string{"INIT=error"}},
			[]string{"the function", "Runtime.NoTable", "no table"},
			"Phase: init\tStatus: error\tError Type: Runtime.NoTable", "",
		}, {
			"function hangs",
			lambdaenv.Config{Env: []string{"INIT=hang"}},
			[]string{"the function", "not requested an event", "waiting for the database"},
			"Phase: init\tStatus: timeout", "waiting for the database",
		}, {
			"extension exits",
			lambdaenv.Config{Env: []string{script{Init: "exit"}.variable("ext")}},
			[]string{`extension "ext"`, "exit status 0", "Extension.Crash", "ext exits"},
			"Phase: init\tStatus: error\tError Type: Extension.Crash", "",
		}, {
			"extension crashes after registration",
			lambdaenv.Config{Env: []string{script{Events: both, Ready: "crash"}.variable("ext")}},
			[]string{`extension "ext"`, "exit status 4", "Extension.Crash", "ext crashes"},
			"Phase: init\tStatus: error\tError Type: Extension.Crash", "",
		}, {
			"extension reports an error",
			lambdaenv.Config{Env: []string{script{Events: both, Ready: "init error"}.variable("ext")}},
			[]string{`extension "ext"`, "Extension.InitError", "ext init error: 202"},
			"EXTENSION\tName: ext\tState: InitError\tEvents: [INVOKE,SHUTDOWN]\tError Type: Extension.NoConfig", "",
		}, {
			"extension reports an exit",
			lambdaenv.Config{Env: []string{script{Events: both, Ready: "exit error"}.variable("ext")}},
			[]string{`extension "ext"`, "Extension.ExitError", "ext exit error: 202"},
			"EXTENSION\tName: ext\tState: ExitError\tEvents: [INVOKE,SHUTDOWN]\tError Type: Extension.NoConfig", "",
		}, {
			"extension does not register",
			lambdaenv.Config{Env: []string{script{Init: "hang"}.variable("ext")}},
			[]string{`extension "ext"`, "not registered under its file name", "ext hangs"},
			"Phase: init\tStatus: timeout", "ext hangs",
		}, {
			"extension registers under another name",
			lambdaenv.Config{Env: []string{script{Name: "other", Events: []string{}}.variable("ext")}},
			[]string{`extension "ext"`, "not registered under its file name", "ext register: 200"},
			"EXTENSION\tName: other\tState: Re", "ext register: 200",
		}, {
			"extension does not request an event",
			lambdaenv.Config{Env: []string{script{Events: both, Ready: "hang"}.variable("ext")}, InitTimeout: short},
			[]string{`extension "ext"`, "has registered, but not requested"},
			"EXTENSION\tName: ext\tState: Registered", "",
		}, {
			"internal extension does not request an event",
			lambdaenv.Config{Env: []string{`INTERNAL="INVOKE"`, "INTERNAL_HANGS=1"}, InitTimeout: short},
			[]string{"the function", `internal extension "internal" has not requested`},
			"EXTENSION\tName: internal\tState: Registered\tEvents: [INVOKE]", "",
		}, {
			"extension requests an unknown event",
			lambdaenv.Config{Env: []string{script{Events: []string{"PAUSE"}}.variable("ext")}},
			[]string{`extension "ext"`, "ext register: 403"},
			"Phase: init\tStatus: error\tError Type: Extension.Crash", "",
		}, {
			"registration is refused",
			lambdaenv.Config{
				Env: []string{script{Events: both}.variable("ext")}, Refuse: map[string]int{"register": 500},
			},
			[]string{`extension "ext"`, "ext register: 500"},
			"Phase: init\tStatus: error\tError Type: Extension.Crash", "",
		}, {
			"next event is refused",
			lambdaenv.Config{Env: []string{script{Events: both}.variable("ext")}, Refuse: map[string]int{"next": 500}},
			[]string{`extension "ext"`, "ext next: 500"},
			"Phase: init\tStatus: error\tError Type: Extension.Crash", "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.cfg.Function = function(t)
			if len(tt.cfg.Env) > 0 && strings.HasPrefix(tt.cfg.Env[0], "ext=") {
				tt.cfg.Extensions = []string{extension(t, "ext")}
			}
			if tt.expire != "" {
				tt.cfg = expireAt(t, tt.cfg, tt.expire)
			}
			env, err := lambdaenvtest.TryStart(t, tt.cfg)
			if err == nil {
				t.Fatal("got no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got error %q, want it to contain %q", err, want)
				}
			}
			if !hasLine(env.Lines(), tt.report) {
				t.Errorf("got log %q, want a line with %q", env.Lines(), tt.report)
			}
		})
	}
}

func TestStartOfWhatCannotRun(t *testing.T) {
	t.Parallel()
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("not a program"), 0o755); err != nil {
		t.Fatal(err)
	}
	same := []string{extension(t, "same"), extension(t, "same")}
	var eleven []string
	for _, name := range strings.Split("abcdefghijk", "") {
		eleven = append(eleven, extension(t, name))
	}
	for _, tt := range []struct {
		name string
		cfg  lambdaenv.Config
		want string
	}{
		{"nothing", lambdaenv.Config{}, "Config.Function is empty"},
		{"missing file", lambdaenv.Config{Function: "/no/such/file"}, "/no/such/file: no such file"},
		{"folder", lambdaenv.Config{Function: t.TempDir()}, "permission denied (Runtime.InvalidEntrypoint)"},
		{"not a program", lambdaenv.Config{Function: text}, "Runtime.InvalidEntrypoint"},
		{"extension not a program", lambdaenv.Config{Function: function(t), Extensions: []string{text}},
			"Extension.LaunchError"},
		{"two of a name", lambdaenv.Config{Function: function(t), Extensions: same},
			`two extensions are called "same"`},
		{"too many", lambdaenv.Config{Function: function(t), Extensions: eleven},
			"11 extensions, but Lambda allows 10"},
		{"variable without value", lambdaenv.Config{Function: function(t), Env: []string{"A"}}, "not KEY=value"},
		{"log level", lambdaenv.Config{Function: function(t), SystemLogLevel: "LOUD"}, "LOUD"},
		{"log format", lambdaenv.Config{Function: function(t), LogFormat: "XML"}, "XML"},
		{"text log of a managed instance", lambdaenv.Config{Function: function(t), LogFormat: lambdaenv.Text,
			MaxConcurrency: 2}, "JSON only"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := lambdaenv.Start(context.Background(), tt.cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// As on Lambda: the first invocation runs the init again, within its own time.
func TestFailedInitIsRunAgainByTheFirstInvocation(t *testing.T) {
	t.Parallel()
	for _, failure := range []string{"crash", "hang"} {
		t.Run(failure, func(t *testing.T) {
			t.Parallel()
			marker := filepath.Join(t.TempDir(), "marker")
			if err := os.WriteFile(marker, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			env := lambdaenvtest.Start(t, expireAt(t, lambdaenv.Config{
				Function:   function(t),
				Extensions: []string{extension(t, "ext")},
				Env:        []string{script{Events: both, Init: failure + " if " + marker}.variable("ext")},
				RetryInit:  true,
			}, "ext hangs"))
			if err := os.Remove(marker); err != nil {
				t.Fatal(err)
			}
			env.WaitIdle()
			if r := env.Invoke(`{}`); r.FunctionError != "" {
				t.Errorf("got %+v", r)
			}
			if report := env.WaitIdle(); report.Init != 0 {
				t.Errorf("got %+v, want the init in the duration", report)
			}
			if !hasLine(env.Lines(), "INIT_REPORT Init Duration") {
				t.Errorf("got lines %q, want the failure", env.Lines())
			}
		})
	}
}

func TestInitErrorIsTheResponse(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t), Env: []string{"INIT=error"}, RetryInit: true})
	r := env.Invoke(`{}`)
	if want := `{"errorMessage":"no table","errorType":"Runtime.NoTable"}`; string(r.Payload) != want ||
		r.FunctionError != "Runtime.NoTable" {
		t.Errorf("got %s with %s, want %s", r.FunctionError, r.Payload, want)
	}
}
