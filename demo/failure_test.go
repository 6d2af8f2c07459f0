package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/demotest"
	"example.com/postinvoke/lambdaenv"
)

func TestWrongUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"event.json":  "hello",
		"large.json":  strings.Repeat("1", lambdaenv.MaxEvent+1),
		"marked.json": "\xef\xbb\xbf{",
	})
	file := func(name string) string { return filepath.Join(dir, name) }
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"-nonsense"}, "flag provided but not defined: -nonsense; -h lists the flags"},
		{[]string{"report"}, `unexpected argument "report"; -h lists the flags`},
		{[]string{"-o", "nowhere/report.html"}, "-o: open nowhere/report.html: no such file or directory"},
		{[]string{"-o", "."}, "-o: open .: is a directory"},
		{[]string{"-o", "-"}, "-o -: a file is needed; a name with that would be ./-"},
		{[]string{"-o", "run.pdf"}, "-o run.pdf: what is written is HTML; -png makes a picture, and the browser's " +
			"print dialogue a PDF"},
		{[]string{"-png", "x.jpg"}, "-png x.jpg: what is written is a PNG: the name has to end in .png"},
		{[]string{"-png", "nowhere/x.png"}, "-png: open nowhere/x.png: no such file or directory"},
		{[]string{"dashboard", "now"}, `unexpected argument "now"; dashboard -h lists the flags`},
		{[]string{"dashboard", "-o", "."}, "-o: open .: is a directory"},
		{[]string{"dashboard", "-scenario", "chaos"}, "-scenario chaos: it is trouble, healthy, crashes or nothing"},
		{[]string{"dashboard", "-metrics", "-template", "x"},
			"-metrics and -template cannot be combined: a template has metrics or has none"},
		{[]string{"dashboard", "-template", "nowhere.json"},
			"-template: open nowhere.json: no such file or directory"},
		{[]string{"serve", "-port", "x"}, `invalid value "x" for flag -port: not a number, ` +
			`or not a duration such as 500ms, 2s or 6m; serve -h lists the flags`},
		{[]string{"-idle", "1"}, `invalid value "1" for flag -idle: not a number, ` +
			`or not a duration such as 500ms, 2s or 6m; -h lists the flags`},
		{[]string{"-idle", "-1s"}, "-idle -1s: it must not be negative"},
		{[]string{"-function", ""}, `invalid value "" for flag -function: neither a folder ` +
			`nor an executable; -h lists the flags`},
		{[]string{"-timeout", "400ms"}, "-timeout 400ms: Lambda's timeouts are whole seconds, from 1s to 15m"},
		{[]string{"-timeout", "15m1s"}, "-timeout 15m1s: Lambda's timeouts are whole seconds, from 1s to 15m"},
		{[]string{"serve", "-timeout", "1500ms"}, "-timeout 1.5s: Lambda's timeouts are whole seconds, from 1s to 15m"},
		{[]string{"-env", "STAGE"}, `invalid value "STAGE" for flag -env: NAME=VALUE is needed; -h lists the flags`},
		{[]string{"serve", "-env", "_HANDLER="}, `invalid value "_HANDLER=" for flag -env: _HANDLER is reserved: ` +
			`Lambda sets it itself, and so does the local environment; serve -h lists the flags`},
		{[]string{"-extension", "nowhere"}, "-extension nowhere: open nowhere: no such file or directory"},
		{[]string{"-function", "nowhere"}, "-function: stat nowhere: no such file or directory"},
		{[]string{"-function", "main.go"}, "-function main.go: neither a folder nor an executable"},
		{[]string{"-plain", "-function", "."}, "-plain and -function cannot be combined"},
		{[]string{"-invocations", "0"}, "-invocations 0: at least one is needed"},
		{[]string{"-log-format", "xml"}, `invalid value "xml" for flag -log-format: neither text nor json; -h lists ` +
			`the flags`},
		{[]string{"-event", `{"a":`}, "-event: not JSON: unexpected end of JSON input"},
		{[]string{"-event", file("event.json")}, "-event " + file("event.json") +
			": not JSON: invalid character 'h' looking for beginning of value"},
		{[]string{"-event", file("marked.json")}, "-event " + file("marked.json") +
			": not JSON: unexpected end of JSON input"},
		{[]string{"-event", file("large.json")}, "-event " + file("large.json") +
			": more than 6291456 bytes, and Lambda takes no larger events"},
		{[]string{"-event", "nowhere.json"}, "-event nowhere.json: no such file, and not JSON either"},
		{[]string{"-event", ""}, `invalid value "" for flag -event: neither JSON nor a file; -h lists the flags`},
		{[]string{"serve", "-event", ""}, `invalid value "" for flag -event: neither JSON nor a file; ` +
			`serve -h lists the flags`},
		{[]string{"-event", dir}, "-event: read " + dir + ": is a directory"},
		{[]string{"-event", "-"}, "-event -: not JSON: unexpected end of JSON input"},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			t.Parallel()
			want := demotest.Result{Stderr: "demo: " + test.want + "\n", Code: 2}
			if got := demotest.Run(t, test.args...); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestNoTemporaryFolder(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"", "serve -port 0", "dashboard -o " + filepath.Join(t.TempDir(), "page.html")} {
		cmd := with(demotest.Command(t, strings.Fields(verb)...), "", "TMPDIR=/nowhere")
		demotest.RunCommand(t, cmd).Failed(t, 1, "demo: a temporary folder is needed: stat /nowhere: no such file or "+
			"directory; set TMPDIR to a folder that exists\n")
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"", "serve ", "dashboard "} {
		r := demotest.Run(t, append(strings.Fields(verb), "-h")...)
		r.Succeeded(t)
		if want := "Usage: demo " + verb + "[flags]"; !strings.HasPrefix(r.Stdout, want) {
			t.Errorf("got %q, want it to begin with %q", r.Stdout, want)
		}
		for line := range strings.Lines(r.Stdout) {
			if len(line) > 100 {
				t.Errorf("too wide: %s", line)
			}
		}
	}
}

// What a command lacks on the PATH it says before the run, and not only after all
// the time that it takes.
func TestNothingOnThePath(t *testing.T) {
	t.Parallel()
	empty := "PATH=" + t.TempDir()
	r := demotest.RunCommand(t, with(demotest.Command(t), "", empty, keptBuilds+"="))
	r.Failed(t, 1, "demo: the go command was not found: install Go 1.26 or later (https://go.dev/dl) and put it on "+
		"the PATH\n")

	if path, err := browser.Find(); err == nil && strings.HasPrefix(path, "/Applications") {
		t.Skip("the browser is not found by the PATH")
	}
	picture := filepath.Join(t.TempDir(), "picture.png")
	r = demotest.RunCommand(t, with(demotest.Command(t, "-png", picture), "", empty))
	r.Failed(t, 1, "demo: -png "+picture+": "+browser.ErrNone.Error()+"\n")
}

func TestFunctionThatDoesNotBuild(t *testing.T) {
	t.Parallel()
	r := demotest.Run(t, "-function", "testdata/functions/broken")
	r.Failed(t, 1, "demo: build testdata/functions/broken: # example.com/postinvoke/demo/testdata/functions/broken\n"+
		"./main.go:5:2: undefined: undefined\n")
}

func TestFunctionThatDoesNotStart(t *testing.T) {
	t.Parallel()
	tests := []struct{ function, want, log string }{
		{"panics", "Runtime exited with error: exit status 2 (Runtime.ExitError)", "panic: no configuration"},
		{"returns", "Runtime exited without providing a reason (Runtime.ExitError); its main has to call " +
			"postinvoke.Start or lambda.Start",
			"Error Type: Runtime.ExitError"},
	}
	for _, test := range tests {
		t.Run(test.function, func(t *testing.T) {
			t.Parallel()
			report := filepath.Join(t.TempDir(), "report.html")
			r := demotest.Run(t, "-function", "testdata/functions/"+test.function, "-without-layer", "-o", report)
			r.Failed(t, 1, "demo: wrote "+report+"\n"+
				"demo: the environment did not start: the function: "+test.want+"\n")
			demotest.InOrder(t, r.Stdout, "INIT_START", test.log)
			demotest.InOrder(t, read(t, report), "Status: error")
		})
	}
}

// The kernel decides what it can run: it may have an emulator.
func TestExecutableForAnotherMachine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(path, []byte("\x7fELF, but not really"), 0o777); err != nil {
		t.Fatal(err)
	}
	demotest.Run(t, "-function", path, "-without-layer").Failed(t, 2, "demo: -function "+path+
		": not an executable for this machine: build it with GOOS="+runtime.GOOS+" GOARCH="+runtime.GOARCH+
		", or give the folder of its main package\n")
}
