package lambdaenv_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
)

// variables returns what processes of that kind printed of their environment.
func (se *stubEnv) variables(source lambdaenv.Source) map[string]string {
	se.mu.Lock()
	defer se.mu.Unlock()
	vars := map[string]string{}
	for _, e := range se.entries {
		if k, v, ok := strings.Cut(e.Text, "="); ok && e.Source == source {
			vars[k] = v
		}
	}
	return vars
}

func TestVariables(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "the developer's own")
	t.Setenv("GOFLAGS", "-v")
	t.Setenv("GORACE", "halt_on_error=1")
	se := startStubs(t, lambdaenv.Config{
		Name:                "orders",
		MemoryMB:            256,
		LogFormat:           lambdaenv.JSON,
		ApplicationLogLevel: "DEBUG",
		Env:                 []string{"TABLE=orders=2", "AWS_REGION=eu-west-1", "_MINE=1"},
	})
	function, ext := se.variables(lambdaenv.Function), se.variables(lambdaenv.Extension)
	shared := map[string]string{
		"AWS_DEFAULT_REGION":              `us-east-1`,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": `256`,
		"AWS_LAMBDA_FUNCTION_NAME":        `orders`,
		"AWS_LAMBDA_FUNCTION_VERSION":     `\$LATEST`,
		"AWS_LAMBDA_INITIALIZATION_TYPE":  `on-demand`,
		"AWS_LAMBDA_LOG_FORMAT":           `JSON`,
		"AWS_LAMBDA_LOG_LEVEL":            `DEBUG`,
		"AWS_LAMBDA_RUNTIME_API":          `127\.0\.0\.1:\d+`,
		"AWS_REGION":                      `eu-west-1`,
		"GORACE":                          `halt_on_error=1`,
		"LANG":                            `en_US\.UTF-8`,
		"PATH":                            `/usr/local/bin:/usr/bin/:/bin:/opt/bin`,
		"TABLE":                           `orders=2`,
		"TMPDIR":                          `/.+/lambdaenv-\d+`,
		"TZ":                              `:UTC`,
	}
	onlyFunction := map[string]string{
		"AWS_LAMBDA_LOG_GROUP_NAME":  `/aws/lambda/orders`,
		"AWS_LAMBDA_LOG_STREAM_NAME": `\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}`,
		"LAMBDA_RUNTIME_DIR":         `/var/runtime`,
		"LAMBDA_TASK_ROOT":           `/.+`,
		"_HANDLER":                   `bootstrap`,
		"_MINE":                      `1`,
	}
	check := func(who string, got map[string]string, wants ...map[string]string) {
		t.Helper()
		for _, want := range wants {
			for name, pattern := range want {
				v, ok := got[name]
				if !ok || !regexp.MustCompile("^(?:"+pattern+")$").MatchString(v) {
					t.Errorf("%s: got %s=%q, want %s", who, name, v, pattern)
				}
				delete(got, name)
			}
		}
		delete(got, "GOCOVERDIR") // set by go test -cover
		for name, v := range got {
			t.Errorf("%s: got %s=%q as well", who, name, v)
		}
	}
	if got, want := function["LAMBDA_TASK_ROOT"], "PWD is "+function["LAMBDA_TASK_ROOT"]; !se.hasLine(want) {
		t.Errorf("got another working directory than %s", got)
	}
	if function["TMPDIR"] != ext["TMPDIR"] {
		t.Errorf("got function %v and extension %v, want the same folder", function, ext)
	}
	check("function", function, shared, onlyFunction)
	check("extension", ext, shared)
}

func (se *stubEnv) hasLine(text string) bool {
	se.mu.Lock()
	defer se.mu.Unlock()
	for _, e := range se.entries {
		if e.Text == text {
			return true
		}
	}
	return false
}

func TestLogLevelIsSetForJSONOnly(t *testing.T) {
	t.Parallel()
	se := startStubs(t, lambdaenv.Config{})
	vars := se.variables(lambdaenv.Function)
	if level, ok := vars["AWS_LAMBDA_LOG_LEVEL"]; ok || vars["AWS_LAMBDA_LOG_FORMAT"] != "Text" {
		t.Errorf("got level %q and format %q, want none and Text", level, vars["AWS_LAMBDA_LOG_FORMAT"])
	}
}

// A relative path is that of the test, not that of the process.
func TestRelativePath(t *testing.T) {
	t.Chdir(filepath.Dir(function(t)))
	env, err := lambdaenv.Start(t.Context(), lambdaenv.Config{Function: "function"})
	if err != nil {
		t.Fatal(err)
	}
	if err := env.Close(); err != nil {
		t.Error(err)
	}
}
