package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/demo/awsrun/awstest"
	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/browser/browsertest"
)

func TestReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	r := demo(t, "", brief("-o", path)...)
	r.wrote(t, path)
	html, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, string(html), "<title>postinvoke on this machine", `data-name="handle.func2"`, `data-name="handle.func1"`,
		"function returned response here", "duration includes cleanup time", "lambda was shut down", "invocation 2")
	if got := strings.Count(string(html), `<g class="bar hook`); got != 4 {
		t.Errorf("got %d hooks, want 2 for each of 2 invocations", got)
	}
}

// Whether it can be written is found out before the run, and leaves no trace.
func TestAReportThatIsThereStaysUntilTheNext(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there.html")
	if err := os.WriteFile(there, []byte("before"), 0o666); err != nil {
		t.Fatal(err)
	}
	demo(t, "", "-o", there, "-png", filepath.Join(dir, "new.png"), "-event", "not JSON")
	if b, err := os.ReadFile(there); err != nil || string(b) != "before" {
		t.Errorf("got %q, %v, want the report as it was", b, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("got %v, %v, want no other file", entries, err)
	}
}

// What is drawn depends on what the library says of hooks that it abandons.
func TestReportOfATimeout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	r := demo(t, "", "-event", `{"sleepMs":60000}`, "-timeout", "1s", "-invocations", "1", "-idle", "0s", "-o", path)
	r.wrote(t, path)
	html, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, string(html), `<g class="bar hook failed`, `data-name="handle.func2, abandoned"`, `<g class="bar event failed`, `data-name="handle.func1, never started"`)
	if got := strings.Count(string(html), `<g class="bar hook`); got != 1 {
		t.Errorf("got %d bars of hooks, want one for the hook that ran", got)
	}
}

func TestReportOfThePlainFunction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	r := demo(t, "", "-plain", "-event", `{"sleepMs":1}`, "-idle", "0s", "-o", path)
	r.wrote(t, path)
	html, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, string(html), "What happens after the response", "merely starts a goroutine", "no hooks")
}

func TestPicture(t *testing.T) {
	browsertest.New(t)     // skips without one
	awstest.Environment(t) // fails if the browser asks anybody for anything
	path := filepath.Join(t.TempDir(), "picture.png")
	r := demo(t, "", brief("-invocations", "1", "-png", path)...)
	r.wrote(t, path)
	if b, err := os.ReadFile(path); err != nil || !bytes.HasPrefix(b, []byte("\x89PNG")) {
		t.Errorf("got %d bytes (%v), want a picture", len(b), err)
	}
}

func TestPictureWithoutABrowser(t *testing.T) {
	built, err := builder{tmp: t.TempDir()}.buildFunction(t.Context(), "", examplePackage)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	if path, err := browser.Find(); err == nil {
		t.Skipf("%s is not found by the PATH", path)
	}
	dir := t.TempDir()
	picture := filepath.Join(dir, "picture.png")
	for _, page := range []string{"given.html", "picture.png.html"} {
		args := brief("-function", built, "-without-layer", "-invocations", "1", "-png", picture)
		if page == "given.html" {
			args = append(args, "-o", filepath.Join(dir, page))
		}
		r := demo(t, "", args...)
		want := "demo: " + browser.ErrNone.Error() + "; there will be no picture " + picture + ", but the page " + filepath.Join(dir, page) + "\n" +
			"demo: wrote " + filepath.Join(dir, page) + "\n" +
			"demo: there is no picture " + picture + ", as there is no browser\n"
		if r.code != 1 || r.stderr != want {
			t.Errorf("got exit status %d, stderr %q; want 1, %q", r.code, r.stderr, want)
		}
		if _, err := os.Stat(filepath.Join(dir, page)); err != nil {
			t.Error(err)
		}
	}
}

// It is said before the run, and not only after all the time that takes.
func TestThatThereIsNoBrowserIsSaidFirst(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // without Go, too
	if path, err := browser.Find(); err == nil {
		t.Skipf("%s is not found by the PATH", path)
	}
	r := execute("", "-png", filepath.Join(t.TempDir(), "picture.png"))
	inOrder(t, r.stderr, browser.ErrNone.Error(), "the go command was not found")
}

// The log is the same with a timeline, which needs lines at the level DEBUG, and
// without, unless those are asked for.
func TestTheLogWithATimeline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	r := demo(t, "", brief("-invocations", "1", "-o", path)...)
	r.wrote(t, path)
	golden(t, "once.txt", normal(r.stdout))
	r = demo(t, "", brief("-invocations", "1", "-o", path, "-json")...)
	r.wrote(t, path)
	if strings.Contains(r.stdout, "level=DEBUG") {
		t.Errorf("got lines at the level DEBUG that nobody has asked for:\n%s", r.stdout)
	}
	r = demo(t, "", brief("-invocations", "1", "-o", path, "-env", "AWS_LAMBDA_LOG_LEVEL=DEBUG")...)
	r.wrote(t, path)
	inOrder(t, r.stdout, "second on complete", "level=DEBUG", "first on stack")
}

func TestTheReportOfWhatDidNotStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	r := demo(t, "", "-function", "testdata/functions/exits", "-o", path)
	want := "demo: wrote " + path + "\ndemo: the environment did not start: the function: Runtime exited with error: exit status 3 (Runtime.ExitError)\n"
	if r.stderr != want || r.code != 1 {
		t.Errorf("got exit status %d, stderr %q; want 1, %q", r.code, r.stderr, want)
	}
	if page, err := os.ReadFile(path); err != nil || !bytes.Contains(page, []byte("Status: error")) {
		t.Errorf("the report is not there, or lacks the log: %v", err)
	}
}

// What went wrong with the report is not kept back for the sake of the run.
func TestAReportThatCannotBeWritten(t *testing.T) {
	r := demo(t, "", "-function", "testdata/functions/exits", "-o", "/dev/full")
	for _, want := range []string{"the environment did not start", "no space left on device"} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("got stderr %q, want it to say %q", r.stderr, want)
		}
	}
}
