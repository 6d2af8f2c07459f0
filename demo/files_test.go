package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/browser/browsertest"
	"example.com/postinvoke/demo/demotest"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

func TestReport(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.html")
	r := demotest.Run(t, brief("-o", path)...)
	r.Wrote(t, path)
	page := read(t, path)
	demotest.InOrder(t, page, "<title>postinvoke on this machine", `data-name="handle.func2"`,
		`data-name="handle.func1"`,
		"function returned response here", "duration includes cleanup time", "lambda was shut down", "invocation 2")
	if got := strings.Count(page, `<div class="bar hook`); got != 4 {
		t.Errorf("got %d hooks, want 2 for each of 2 invocations", got)
	}
}

// Whether it can be written is found out before the run, and leaves no trace.
func TestAReportThatIsThereStaysUntilTheNext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	there := filepath.Join(dir, "there.html")
	if err := os.WriteFile(there, []byte("before"), 0o666); err != nil {
		t.Fatal(err)
	}
	demotest.Run(t, "-o", there, "-png", filepath.Join(dir, "new.png"), "-event", "not JSON")
	if got := read(t, there); got != "before" {
		t.Errorf("got %q, want the report as it was", got)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("got %v, %v, want no other file", entries, err)
	}
}

func TestPicture(t *testing.T) {
	t.Parallel()
	browsertest.New(t) // skips without one
	path := filepath.Join(t.TempDir(), "picture.png")
	r := demotest.Run(t, brief("-invocations", "1", "-png", path)...)
	r.Wrote(t, path)
	if !strings.HasPrefix(read(t, path), "\x89PNG") {
		t.Error("got something else than a picture")
	}
}

// That there is no browser is said before the run, and not only after all the
// time that it takes.
func TestPictureWithoutABrowser(t *testing.T) {
	t.Parallel()
	noBrowser := demotest.Call{Env: []string{"PATH=" + t.TempDir()}}
	if path, err := browser.Find(); err == nil && strings.HasPrefix(path, "/Applications") {
		t.Skip("the browser is not found by the PATH")
	}
	dir := t.TempDir()
	picture, given := filepath.Join(dir, "picture.png"), filepath.Join(dir, "given.html")
	built := lambdaenvtest.Build(t, "function")
	args := brief("-function", built, "-without-layer", "-invocations", "1", "-png", picture)
	for page, args := range map[string][]string{picture + ".html": args, given: append(args, "-o", given)} {
		r := noBrowser.Run(t, args...)
		r.Failed(t, 1, "demo: "+browser.ErrNone.Error()+"; there will be no picture "+picture+", but the page "+
			""+page+"\n"+
			"demo: wrote "+page+"\n"+
			"demo: there is no picture "+picture+", as there is no browser\n")
		if _, err := os.Stat(page); err != nil {
			t.Error(err)
		}
	}
	noBrowser.Env = append(noBrowser.Env, keptBuilds+"=")
	r := noBrowser.Run(t, "-png", picture)
	demotest.InOrder(t, r.Stderr, browser.ErrNone.Error(), "the go command was not found")
}

// The log is the same with a timeline, which needs lines at the level DEBUG, and
// without, unless a flag sets that level.
func TestTheLogWithATimeline(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.html")
	r := demotest.Run(t, brief("-invocations", "1", "-o", path)...)
	r.Wrote(t, path)
	demotest.Golden(t, "once.txt", normal(r.Stdout))
	r = demotest.Run(t, brief("-invocations", "1", "-o", path, "-json")...)
	r.Wrote(t, path)
	if strings.Contains(r.Stdout, "level=DEBUG") {
		t.Errorf("got lines at the level DEBUG that no flag has set:\n%s", r.Stdout)
	}
	r = demotest.Run(t, brief("-invocations", "1", "-o", path, "-env", "AWS_LAMBDA_LOG_LEVEL=DEBUG")...)
	r.Wrote(t, path)
	demotest.InOrder(t, r.Stdout, "second on complete", "level=DEBUG", "first on stack")
}

func TestTheReportOfWhatDidNotStart(t *testing.T) {
	t.Parallel()
	const why = "the environment did not start: the function: Runtime exited with error: exit status 3 " +
		"(Runtime.ExitError)"
	path := filepath.Join(t.TempDir(), "report.html")
	r := demotest.Run(t, "-function", "testdata/functions/exits", "-o", path)
	r.Failed(t, 1, "demo: wrote "+path+"\ndemo: "+why+"\n")
	demotest.InOrder(t, read(t, path), "Status: error")

	// What went wrong with the report is not kept back for the sake of the run.
	r = demotest.Run(t, "-function", "testdata/functions/exits", "-o", "/dev/full")
	demotest.InOrder(t, r.Stderr, why, "no space left on device")
}
