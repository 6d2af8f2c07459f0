package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
)

func TestWrongUse(t *testing.T) {
	dir := t.TempDir()
	notJSON := filepath.Join(dir, "event.json")
	notGo := filepath.Join(dir, "README")
	for _, path := range []string{notJSON, notGo} {
		if err := os.WriteFile(path, []byte("hello"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	tooLarge := filepath.Join(dir, "large.json")
	if err := os.WriteFile(tooLarge, bytes.Repeat([]byte("1"), lambdaenv.MaxEvent+1), 0o666); err != nil {
		t.Fatal(err)
	}
	noModule := t.TempDir()
	if err := os.WriteFile(filepath.Join(noModule, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"-nonsense"}, "flag provided but not defined: -nonsense; -h lists the flags"},
		{[]string{"report"}, `unexpected argument "report"; -h lists the flags`},
		{[]string{"-o", "nowhere/report.html"}, "-o nowhere/report.html: the folder nowhere does not exist"},
		{[]string{"-o", dir}, "-o " + dir + ": is a directory"},
		{[]string{"-o", "."}, "-o .: is a directory"},
		{[]string{"-png", "."}, "-png .: is a directory"},
		{[]string{"dashboard", "-o", "."}, "-o .: is a directory"},
		{[]string{"-png", "picture.jpg"}, "-png picture.jpg: what is written is a PNG: the name has to end in .png"},
		{[]string{"dashboard", "-png", "picture"}, "-png picture: what is written is a PNG: the name has to end in .png"},
		{[]string{"-png", "nowhere/picture.png"}, "-png nowhere/picture.png: the folder nowhere does not exist"},
		{[]string{"-o", notGo + "/report.html"}, "-o " + notGo + "/report.html: not a directory"},
		{[]string{"-o", "/proc/report.html"}, "-o /proc/report.html: no files can be made in the folder /proc"},
		{[]string{"-o", "same", "-png", "./same"}, "-o and -png name the same file, same"},
		{[]string{"dashboard", "now"}, `unexpected argument "now"; dashboard -h lists the flags`},
		{[]string{"dashboard", "-scenario", "chaos"}, `invalid value "chaos" for flag -scenario: neither trouble, healthy, crashes nor nothing; dashboard -h lists the flags`},
		{[]string{"dashboard", "-metrics", "-template", "x"}, "-metrics and -template cannot be combined: a template has metrics or has none"},
		{[]string{"dashboard", "-template", "nowhere.json"}, "-template nowhere.json: no such file or directory"},
		{[]string{"dashboard", "-o", "same", "-png", "./same"}, "-o and -png name the same file, same"},
		{[]string{"dashboard", "-o", "-"}, "-o -: a file is needed; a name with that would be ./-"},
		{[]string{"serve", "now"}, `unexpected argument "now"; serve -h lists the flags`},
		{[]string{"serve", "-port", "x"}, `invalid value "x" for flag -port: parse error; serve -h lists the flags`},
		{[]string{"serve", "-port", "70000"}, "-port 70000: a number from 0 to 65535 is needed"},
		{[]string{"-idle", "1"}, `invalid value "1" for flag -idle: a duration is needed, such as 500ms, 2s or 6m; -h lists the flags`},
		{[]string{"-idle", "-1s"}, "-idle -1s: less than nothing"},
		{[]string{"-timeout", "0s"}, "-timeout 0s: Lambda's timeouts are whole seconds, 1s at the least"},
		{[]string{"-timeout", "400ms"}, "-timeout 400ms: Lambda's timeouts are whole seconds, 1s at the least"},
		{[]string{"serve", "-timeout", "1500ms"}, "-timeout 1.5s: Lambda's timeouts are whole seconds, 1s at the least"},
		{[]string{"-timeout", "15m1s"}, "-timeout 15m1s: Lambda allows 15m at the most"},
		{[]string{"serve", "-timeout", "1h"}, "-timeout 1h0m0s: Lambda allows 15m at the most"},
		{[]string{"-env", "STAGE"}, `invalid value "STAGE" for flag -env: NAME=VALUE is needed; -h lists the flags`},
		{[]string{"-env", "1ST=x"}, `invalid value "1ST=x" for flag -env: "1ST" is no name for a variable: at least two letters, digits and underscores, no digit first; -h lists the flags`},
		{[]string{"-env", "AWS_LAMBDA_RUNTIME_API=x"}, `invalid value "AWS_LAMBDA_RUNTIME_API=x" for flag -env: AWS_LAMBDA_RUNTIME_API is how the function finds the local environment; -h lists the flags`},
		{[]string{"-extension", "nowhere"}, `invalid value "nowhere" for flag -extension: no such file or directory; -h lists the flags`},
		{[]string{"-extension", notGo, "-stack", "Other"}, "-extension is for runs on this machine: with -stack the functions are as they were deployed"},
		{[]string{"-env", "STAGE=x", "-stack", "Other"}, "-env is for runs on this machine: with -stack the functions are as they were deployed"},
		{[]string{"-function", "../docs"}, "-function ../docs: there are no Go files in this folder"},
		{[]string{"-function", dir}, "-function " + dir + ": there are no Go files in this folder"},
		{[]string{"-function", noModule}, "-function " + noModule + ": not in a Go module; go mod init makes one"},
		{[]string{"-invocations", "0"}, "-invocations 0: at least one is needed"},
		{[]string{"-invocations", "many"}, `invalid value "many" for flag -invocations: parse error; -h lists the flags`},
		{[]string{"-log-format", "xml"}, `invalid value "xml" for flag -log-format: neither text nor json; -h lists the flags`},
		{[]string{"-plain", "-function", "."}, "-plain and -function exclude each other"},
		{[]string{"-function", ""}, "-function: neither a folder nor an executable was given"},
		{[]string{"-function", "nowhere"}, "-function nowhere: no such file or directory"},
		{[]string{"-function", notGo}, "-function " + notGo + ": neither a folder nor an executable"},
		{[]string{"-function", "../postinvoke"}, "-function ../postinvoke: not a main package"},
		{[]string{"-event", `{"a":`}, "-event: not JSON: unexpected end of JSON input"},
		{[]string{"-event", notJSON}, "-event " + notJSON + ": not JSON: invalid character 'h' looking for beginning of value"},
		{[]string{"-event", "nowhere.json"}, "-event nowhere.json: no such file, and not JSON either"},
		{[]string{"-event", ""}, "-event: neither JSON nor a file was given"},
		{[]string{"-event", dir}, "-event " + dir + ": is a directory"},
		{[]string{"-event", "-"}, "-event -: not JSON: unexpected end of JSON input"},
		{[]string{"-event", tooLarge}, "-event " + tooLarge + ": more than 6291456 bytes, and Lambda takes no larger events"},
		{[]string{"-o", "-"}, "-o -: a file is needed; a name with that would be ./-"},
		{[]string{"-o", "run.pdf"}, "-o run.pdf: what is written is HTML; -png makes a picture, and the browser's print dialogue a PDF"},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			got := demo(t, "", test.args...)
			if want := (result{"", "demo: " + test.want + "\n", 2}); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"serve", "-h"}, {"dashboard", "-h"}} {
		r := demo(t, "", args...)
		r.succeeded(t)
		for line := range strings.Lines(r.stdout) {
			if len(line) > 100 {
				t.Errorf("too wide: %s", line)
			}
		}
	}
}

func TestNoGoOnPath(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	got := demo(t, "")
	if want := (result{"", "demo: the go command was not found: install Go 1.26 or later (https://go.dev/dl) and put it on the PATH\n", 1}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOutsideOfTheCheckout(t *testing.T) {
	t.Chdir(t.TempDir())
	got := demo(t, "")
	if want := (result{"", "demo: run me inside the checkout of postinvoke, or inside a module that requires it: I build its packages\n", 1}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFunctionThatDoesNotBuild(t *testing.T) {
	got := demo(t, "", "-function", "testdata/functions/broken")
	want := result{"", "demo: the function in testdata/functions/broken does not build:\n# example.com/postinvoke/demo/testdata/functions/broken\ntestdata/functions/broken/main.go:5:2: undefined: undefined\n", 1}
	if got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFunctionThatDoesNotStart(t *testing.T) {
	tests := []struct{ function, want, log string }{
		{"panics", "Runtime exited with error: exit status 2 (Runtime.ExitError)", "panic: no configuration"},
		{"returns", "Runtime exited without providing a reason (Runtime.ExitError); its main has to call postinvoke.Start or lambda.Start",
			"Error Type: Runtime.ExitError"},
		{"exits", "Runtime exited with error: exit status 3 (Runtime.ExitError)", "Error Type: Runtime.ExitError"},
	}
	for _, test := range tests {
		t.Run(test.function, func(t *testing.T) {
			r := demo(t, "", "-function", "testdata/functions/"+test.function)
			if want := "demo: the environment did not start: the function: " + test.want + "\n"; r.stderr != want || r.code != 1 {
				t.Errorf("got exit status %d, stderr %q; want 1, %q", r.code, r.stderr, want)
			}
			inOrder(t, r.stdout, "INIT_START", test.log)
		})
	}
}

func TestExecutableForAnotherMachine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "function")
	if err := os.WriteFile(path, []byte("\x7fELF, but not really"), 0o777); err != nil {
		t.Fatal(err)
	}
	r := demo(t, "", "-function", path, "-without-layer")
	if r.code != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "exec format error") {
		t.Errorf("got exit status %d, stderr %q; want 1 and one sentence", r.code, r.stderr)
	}
}

func TestUnsupportedSystem(t *testing.T) {
	for _, goos := range []string{"linux", "darwin"} {
		if err := checkOS(goos); err != nil {
			t.Errorf("%s: got %v, want none", goos, err)
		}
	}
	if err := checkOS("windows"); err == nil || !strings.Contains(err.Error(), "not on windows") {
		t.Errorf("got %v, want a sentence", err)
	}
}

func TestNoFolderForTemporaryFiles(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "nowhere"))
	r := execute("")
	if r.code != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "TMPDIR") {
		t.Errorf("got exit status %d, stderr %q; want 1 and one sentence", r.code, r.stderr)
	}
}

func TestBuildWithoutUsableCache(t *testing.T) {
	tmp := t.TempDir()
	contains := func(want string) bool {
		for name, value := range cacheVariables(tmp) {
			if strings.HasPrefix(name+"="+value, want) {
				return true
			}
		}
		return false
	}
	t.Setenv("GOCACHE", t.TempDir())
	if want := "GOCACHE=" + tmp; contains(want) {
		t.Errorf("a usable cache is not used")
	}
	t.Setenv("GOCACHE", "/dev/null/cache")
	if want := "GOCACHE=" + filepath.Join(tmp, "cache"); !contains(want) {
		t.Errorf("no %s instead of an unusable cache", want)
	}
	t.Setenv("GOMODCACHE", t.TempDir())
	if want := "GOMODCACHE=" + tmp; contains(want) {
		t.Errorf("a usable module cache is not used")
	}
	t.Setenv("GOMODCACHE", "")
	t.Setenv("GOPATH", "")
	for _, home := range []string{"", "/dev/null"} {
		t.Setenv("HOME", home)
		if want := "GOMODCACHE=" + tmp; !contains(want) {
			t.Errorf("HOME=%s: no %s", home, want)
		}
	}
}
