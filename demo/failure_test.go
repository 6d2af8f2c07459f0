package main

import (
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.com/postinvoke/demo/demotest"
	"example.com/postinvoke/lambdaenv"
)

func TestWrongUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"event.json":     "hello",
		"README":         "hello",
		"large.json":     strings.Repeat("1", lambdaenv.MaxEvent+1),
		"marked.json":    "\xef\xbb\xbf{}",
		"utf16.json":     "\xff\xfe{\x00}\x00",
		"module/main.go": "package main\n\nfunc main() {}\n",
	})
	file := func(name string) string { return filepath.Join(dir, name) }
	notJSON, notGo, tooLarge, noModule := file("event.json"), file("README"), file("large.json"), file("module")
	marked, utf16 := file("marked.json"), file("utf16.json")
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
		{[]string{"dashboard", "-png", "picture"}, "-png picture: what is written is a PNG: the name has to end in " +
			".png"},
		{[]string{"-png", "nowhere/picture.png"}, "-png nowhere/picture.png: the folder nowhere does not exist"},
		{[]string{"-o", notGo + "/report.html"}, "-o " + notGo + "/report.html: not a directory"},
		{[]string{"-o", "/proc/report.html"}, "-o /proc/report.html: no files can be made in the folder /proc"},
		{[]string{"-o", "same", "-png", "./same"}, "-o and -png name the same file, same"},
		{[]string{"dashboard", "now"}, `unexpected argument "now"; dashboard -h lists the flags`},
		{[]string{"dashboard", "-scenario", "chaos"},
			`invalid value "chaos" for flag -scenario: neither trouble, healthy, crashes nor nothing; dashboard -h ` +
				`lists the flags`},
		{[]string{"dashboard", "-metrics", "-template", "x"},
			"-metrics and -template cannot be combined: a template has metrics or has none"},
		{[]string{"dashboard", "-template", "nowhere.json"}, "-template nowhere.json: no such file or directory"},
		{[]string{"dashboard", "-o", "same", "-png", "./same"}, "-o and -png name the same file, same"},
		{[]string{"dashboard", "-o", "-"}, "-o -: a file is needed; a name with that would be ./-"},
		{[]string{"serve", "now"}, `unexpected argument "now"; serve -h lists the flags`},
		{[]string{"serve", "-port", "x"}, `invalid value "x" for flag -port: parse error; serve -h lists the flags`},
		{[]string{"serve", "-port", "70000"}, "-port 70000: a number from 0 to 65535 is needed"},
		{[]string{"-idle", "1"}, `invalid value "1" for flag -idle: a duration is needed, such as 500ms, 2s or 6m; ` +
			`-h lists the flags`},
		{[]string{"-idle", "-1s"}, "-idle must not be negative"},
		{[]string{"-timeout", "0s"}, "-timeout 0s: Lambda's timeouts are whole seconds, at least 1s"},
		{[]string{"-timeout", "400ms"}, "-timeout 400ms: Lambda's timeouts are whole seconds, at least 1s"},
		{[]string{"serve", "-timeout", "1500ms"}, "-timeout 1.5s: Lambda's timeouts are whole seconds, " +
			"at least 1s"},
		{[]string{"-timeout", "15m1s"}, "-timeout 15m1s: Lambda allows at most 15m"},
		{[]string{"serve", "-timeout", "1h"}, "-timeout 1h0m0s: Lambda allows at most 15m"},
		{[]string{"-env", "STAGE"}, `invalid value "STAGE" for flag -env: NAME=VALUE is needed; -h lists the flags`},
		{[]string{"-env", "1ST=x"}, `invalid value "1ST=x" for flag -env: "1ST" is no name for a variable: at least ` +
			`two letters, digits and underscores, no digit first; -h lists the flags`},
		{[]string{"-env", "AWS_LAMBDA_RUNTIME_API=x"},
			`invalid value "AWS_LAMBDA_RUNTIME_API=x" for flag -env: AWS_LAMBDA_RUNTIME_API is reserved: Lambda ` +
				`sets it itself, and so does the local environment; -h lists the flags`},
		{[]string{"serve", "-env", "_HANDLER="}, `invalid value "_HANDLER=" for flag -env: _HANDLER is reserved: ` +
			`Lambda sets it itself, and so does the local environment; serve -h lists the flags`},
		{[]string{"-extension", "nowhere"}, `invalid value "nowhere" for flag -extension: no such file or ` +
			`directory; -h lists the flags`},
		{[]string{"-region", "eu-west-1", "-stack", "Other"},
			"-stack: the command for runs on AWS is go run ./demo/aws, with the same flags"},
		{[]string{"--stack=Other"}, "-stack: the command for runs on AWS is go run ./demo/aws, with the same flags"},
		{[]string{"-function", "../docs"}, "-function ../docs: there are no Go files in this folder"},
		{[]string{"-function", dir}, "-function " + dir + ": there are no Go files in this folder"},
		{[]string{"-function", noModule}, "-function " + noModule + ": not in a Go module; go mod init makes one"},
		{[]string{"-invocations", "0"}, "-invocations 0: at least one is needed"},
		{[]string{"-invocations", "many"}, `invalid value "many" for flag -invocations: parse error; -h lists the ` +
			`flags`},
		{[]string{"-log-format", "xml"}, `invalid value "xml" for flag -log-format: neither text nor json; -h lists ` +
			`the flags`},
		{[]string{"-plain", "-function", "."}, "-plain and -function cannot be combined"},
		{[]string{"-function", ""}, "-function: neither a folder nor an executable was given"},
		{[]string{"-function", "nowhere"}, "-function nowhere: no such file or directory"},
		{[]string{"-function", notGo}, "-function " + notGo + ": neither a folder nor an executable"},
		{[]string{"-function", "../postinvoke"}, "-function ../postinvoke: not a main package"},
		{[]string{"-event", `{"a":`}, "-event: not JSON: unexpected end of JSON input"},
		{[]string{"-event", notJSON}, "-event " + notJSON +
			": not JSON: invalid character 'h' looking for beginning of value"},
		{[]string{"-event", marked}, "-event " + marked +
			": not JSON: it begins with the byte order mark of UTF-8; save it as UTF-8 without one"},
		{[]string{"-event", utf16}, "-event " + utf16 +
			": not JSON: it begins with the byte order mark of UTF-16; save it as UTF-8 without one"},
		{[]string{"-event", "nowhere.json"}, "-event nowhere.json: no such file, and not JSON either"},
		{[]string{"-event", ""}, "-event: neither JSON nor a file was given"},
		{[]string{"-event", dir}, "-event " + dir + ": is a directory"},
		{[]string{"-event", "-"}, "-event -: not JSON: unexpected end of JSON input"},
		{[]string{"-event", tooLarge}, "-event " + tooLarge +
			": more than 6291456 bytes, and Lambda takes no larger events"},
		{[]string{"-o", "-"}, "-o -: a file is needed; a name with that would be ./-"},
		{[]string{"-o", "run.pdf"}, "-o run.pdf: what is written is HTML; -png makes a picture, and the browser's " +
			"print dialogue a PDF"},
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

// Help names the command as it is run: a copy of it is not run by go run.
func TestUsage(t *testing.T) {
	t.Parallel()
	built := filepath.Join(t.TempDir(), "demo")
	if err := os.WriteFile(built, []byte(read(t, os.Args[0])), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"", built} {
		for _, args := range [][]string{{"-h"}, {"serve", "-h"}, {"dashboard", "-h"}} {
			r := demotest.Call{Program: program}.Run(t, args...)
			r.Succeeded(t)
			want := "Usage: " + strings.TrimSpace(cmp.Or(program, "go run ./demo")+" "+strings.TrimSuffix(args[0],
				"-h"))
			if !strings.HasPrefix(r.Stdout, want+" [flags]\n") {
				t.Errorf("got %q, want it to begin with %q", r.Stdout, want)
			}
			for line := range strings.Lines(r.Stdout) {
				if len(line) > 100 && program == "" {
					t.Errorf("too wide: %s", line)
				}
			}
		}
	}
}

func TestNoGoOnPath(t *testing.T) {
	t.Parallel()
	r := demotest.Call{Env: []string{"PATH=" + t.TempDir(), keptBuilds + "="}}.Run(t)
	r.Failed(t, 1, "demo: the go command was not found: install Go 1.26 or later (https://go.dev/dl) and put it on "+
		"the PATH\n")
}

func TestOutsideOfTheCheckout(t *testing.T) {
	t.Parallel()
	r := demotest.Call{Dir: t.TempDir(), Env: []string{keptBuilds + "="}}.Run(t)
	r.Failed(t, 1, "demo: run me inside the checkout of postinvoke, or inside a module that requires it: I build "+
		"its packages\n")
}

func TestFunctionThatDoesNotBuild(t *testing.T) {
	t.Parallel()
	r := demotest.Run(t, "-function", "testdata/functions/broken")
	r.Failed(t, 1, "demo: the function in testdata/functions/broken does not build:\n"+
		"# example.com/postinvoke/demo/testdata/functions/broken\ntestdata/functions/broken/main.go:5:2: undefined: "+
		"undefined\n")
}

func TestFunctionThatDoesNotStart(t *testing.T) {
	t.Parallel()
	tests := []struct{ function, want, log string }{
		{"panics", "Runtime exited with error: exit status 2 (Runtime.ExitError)", "panic: no configuration"},
		{"returns", "Runtime exited without providing a reason (Runtime.ExitError); its main has to call " +
			"postinvoke.Start or lambda.Start",
			"Error Type: Runtime.ExitError"},
		{"exits", "Runtime exited with error: exit status 3 (Runtime.ExitError)", "Error Type: Runtime.ExitError"},
	}
	for _, test := range tests {
		t.Run(test.function, func(t *testing.T) {
			t.Parallel()
			r := demotest.Run(t, "-function", "testdata/functions/"+test.function)
			r.Failed(t, 1, "demo: the environment did not start: the function: "+test.want+"\n")
			demotest.InOrder(t, r.Stdout, "INIT_START", test.log)
		})
	}
}

// The kernel decides what it can run: it may have an emulator.
func TestExecutableForAnotherMachine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_S390), Version: uint32(elf.EV_CURRENT),
		Ehsize: 64}
	copy(header.Ident[:], []byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB),
		byte(elf.EV_CURRENT)})
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, header); err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, map[string]string{"other": b.String(), "none": "\x7fELF, but not really"})
	for name, want := range map[string]string{
		"other": fmt.Sprintf("demo: -function DIR/other: an executable for linux/another architecture, and this "+
			"machine is %s/%s: "+
			"build it with GOOS=%[1]s GOARCH=%[2]s, or give the folder of its main package\n", runtime.GOOS,
			runtime.GOARCH),
		"none": "exec format error",
	} {
		path := filepath.Join(dir, name)
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
		r := demotest.Run(t, "-function", path, "-without-layer")
		if want = strings.ReplaceAll(want, "DIR", dir); r.Code == 0 || strings.Count(r.Stderr, "\n") != 1 ||
			!strings.Contains(r.Stderr, want) {
			t.Errorf("got exit status %d, stderr %q; want one sentence with %q", r.Code, r.Stderr, want)
		}
	}
}

func TestNoFolderForTemporaryFiles(t *testing.T) {
	t.Parallel()
	r := demotest.Call{Env: []string{"TMPDIR=" + filepath.Join(t.TempDir(), "nowhere")}}.Run(t)
	if r.Code != 1 || strings.Count(r.Stderr, "\n") != 1 || !strings.Contains(r.Stderr, "TMPDIR") {
		t.Errorf("got exit status %d, stderr %q; want 1 and one sentence", r.Code, r.Stderr)
	}
}
