package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/demotest"
	"example.com/postinvoke/internal/ci"
)

// The log is the same with a timeline, which needs lines at the level DEBUG, and
// without, unless a flag sets that level.
func TestReport(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.html")
	r := demotest.Run(t, brief("-invocations", "1", "-o", path)...)
	r.Succeeded(t, path)
	demotest.Golden(t, "once.txt", normal(r.Stdout))
	page := read(t, path)
	demotest.InOrder(t, page, "<title>postinvoke on this machine", `data-name="handle.func2"`,
		`data-name="handle.func1"`,
		"function returned response here", "duration includes cleanup time", "lambda was shut down", "invocation 1")
	if got := strings.Count(page, `<div class="bar hook`); got != 2 {
		t.Errorf("got %d hooks, want 2", got)
	}
	r = demotest.Run(t, brief("-invocations", "1", "-o", path, "-env", "AWS_LAMBDA_LOG_LEVEL=DEBUG")...)
	r.Succeeded(t, path)
	demotest.InOrder(t, r.Stdout, "second on complete", "level=DEBUG", "first on stack")
}

// Whether it can be written is found out before the run, and leaves no trace.
func TestAReportThatIsThereStaysUntilTheNext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	there := filepath.Join(dir, "there.html")
	if err := os.WriteFile(there, []byte("before"), 0o666); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link.html") // that leads to nothing yet
	if err := os.Symlink("target", link); err != nil {
		t.Fatal(err)
	}
	demotest.Run(t, "-o", link, "-event", "not JSON")
	if _, err := os.Readlink(link); err != nil {
		t.Error(err)
	}
	demotest.Run(t, "-o", there, "-png", filepath.Join(dir, "new.png"), "-event", "not JSON")
	if got := read(t, there); got != "before" {
		t.Errorf("got %q, want the report as it was", got)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("got %v, %v, want no other file", entries, err)
	}
}

func TestPicture(t *testing.T) {
	t.Parallel()
	if _, err := browser.Find(); err != nil {
		ci.Skip(t, err.Error())
	}
	path := filepath.Join(t.TempDir(), "picture.png")
	r := demotest.Run(t, brief("-invocations", "1", "-png", path)...)
	r.Succeeded(t, path)
	if !strings.HasPrefix(read(t, path), "\x89PNG") {
		t.Error("got something else than a picture")
	}
}

// What went wrong with the report is not kept back for the sake of the run.
func TestTheReportOfWhatDidNotStart(t *testing.T) {
	t.Parallel()
	r := demotest.Run(t, "-function", "testdata/functions/exits", "-without-layer", "-o", "/dev/full")
	demotest.InOrder(t, r.Stderr, "the environment did not start: the function: Runtime exited with error: "+
		"exit status 3 (Runtime.ExitError)", "no space left on device")
}
