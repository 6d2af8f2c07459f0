package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The command as it is documented, but for the time that a timeout takes.
func TestDashboardCommand(t *testing.T) {
	page := filepath.Join(t.TempDir(), "dashboard.html")
	r := demo(t, "", "dashboard", "-scenario", "nothing", "-metrics", "-o", page)
	if r.code != 0 || r.stderr != "demo: wrote "+page+"\n" {
		t.Fatalf("got %v, want the page", r)
	}
	if want := "A drawing, not a screenshot: nothing of it was seen on AWS. The page lists what it assumes.\n"; r.stdout != want {
		t.Errorf("got %q, want %q", r.stdout, want)
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, string(html), "PostInvokeDemo", "Alarms", "arm64", "x86_64", "What went wrong with hooks", "Failed invocations", "The last 50 invocations",
		"Ends of environments", "The log", "A drawing, not a screenshot", "Nothing of it was seen on AWS.", "documents leave open",
		"max(@timestamp) is shown as a time.")
	if n := strings.Count(string(html), "No data found"); n != 5 {
		t.Errorf("got %d tables without data, want all 5: nothing was invoked yet", n)
	}
}
