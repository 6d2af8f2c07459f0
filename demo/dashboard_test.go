package main

import (
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/demo/demotest"
)

// The command as it is documented, except for the time that a timeout takes.
func TestDashboardCommand(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "dashboard.html")
	r := demotest.Run(t, "dashboard", "-scenario", "nothing", "-metrics", "-o", page)
	r.Succeeded(t, page)
	if want := "A drawing that was not compared with AWS. The page lists what it assumes.\n"; r.Stdout != want {
		t.Errorf("got %q, want %q", r.Stdout, want)
	}
	html := read(t, page)
	demotest.InOrder(t, html, "PostInvokeDemo", "Alarms", "arm64", "x86_64", "What went wrong with hooks",
		"Failed invocations", "The last 50 invocations",
		"Ends of environments", "The log", "A drawing, not a screenshot", "Nothing of it was seen on AWS.",
		"documents leave open",
		"max(@timestamp) is shown as a time.")
	if n := strings.Count(html, "No data found"); n != 5 {
		t.Errorf("got %d tables without data, want all 5: nothing was invoked yet", n)
	}
}

func TestADashboardWithoutAFile(t *testing.T) {
	t.Parallel()
	demotest.Run(t, "dashboard", "-o", "").Failed(t, 2, "demo: -o: the name of a file is needed\n")
}
