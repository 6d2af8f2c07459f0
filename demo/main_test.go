package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// asDemo makes the test binary be the command, for tests that need a process.
const asDemo = "POSTINVOKE_TEST_AS_DEMO"

func TestMain(m *testing.M) {
	if os.Getenv(asDemo) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// A result is what is left of a run.
type result struct {
	stdout, stderr string
	code           int
}

func (r result) String() string {
	return fmt.Sprintf("exit status %d, stderr %q, stdout %q", r.code, r.stderr, r.stdout)
}

// demo runs the program in this process, and checks that nothing is left.
func demo(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	r := execute(stdin, args...)
	nothingLeft(t, tmp)
	return r
}

// execute runs the program in this process.
func execute(stdin string, args ...string) result {
	var stdout, stderr bytes.Buffer
	err := run(context.Background(), args, strings.NewReader(stdin), &stdout, &stderr)
	code := explain(err, &stderr)
	return result{stdout.String(), withoutProgress(stderr.String()), code}
}

// withoutProgress leaves out what is said on a slow machine only.
func withoutProgress(stderr string) string {
	return stillBuilding.ReplaceAllString(stderr, "")
}

var stillBuilding = regexp.MustCompile(`(?m)^demo: still .*\n`)

// nothingLeft checks that there are no files in tmp, and no process of a
// program there.
func nothingLeft(t *testing.T, tmp string) {
	t.Helper()
	entries, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("left behind: %s", filepath.Join(tmp, e.Name()))
	}
	processes, err := exec.Command("ps", "-axo", "args").Output()
	if err != nil {
		t.Logf("ps: %v", err)
	}
	for line := range strings.Lines(string(processes)) {
		if strings.HasPrefix(line, tmp) {
			t.Errorf("still runs: %s", line)
		}
	}
}

// succeeded checks that nothing but the log was written.
func (r result) succeeded(t *testing.T) {
	t.Helper()
	if r.code != 0 || r.stderr != "" {
		t.Fatalf("got exit status %d, stderr %q; want 0 and nothing\n%s", r.code, r.stderr, r.stdout)
	}
}

// wrote checks that the run succeeded, and said that it wrote these files.
func (r result) wrote(t *testing.T, files ...string) {
	t.Helper()
	want := ""
	for _, file := range files {
		want += "demo: wrote " + file + "\n"
	}
	if r.code != 0 || r.stderr != want {
		t.Fatalf("got exit status %d, stderr %q; want 0 and %q\n%s", r.code, r.stderr, want, r.stdout)
	}
}

// golden compares got with the file testdata/golden/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

// What differs from run to run.
var varying = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d`), "TIME"},
	{regexp.MustCompile(`\(\S+/demo/(\S+\.go):\d+\)`), "(demo/$1:N)"},
	{regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{3} +\d+\.\d{3}s`), "TIME SINCE"},
	{regexp.MustCompile(`the function in \S+/demo/testdata/`), "the function in DIR/demo/testdata/"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ms\b`), "N ms"},
	{regexp.MustCompile(`(Ms=|Ms":)\d+(\.\d+)?`), "${1}N"},
	{regexp.MustCompile(`(Used: |UsedMB":)\d+`), "${1}N"},
	{regexp.MustCompile(`(shut down|after) [\d.]+ ?m?s\b`), "${1} N"},
	{regexp.MustCompile(` {3,}`), "  "}, // of columns
}

// places are those in the functions of the tests.
var places = regexp.MustCompile(`\(main\.go:\d+\)`)

var requestID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// normal replaces what differs from run to run.
func normal(s string) string {
	for _, v := range varying {
		s = v.pattern.ReplaceAllString(s, v.instead)
	}
	known := map[string]string{}
	return requestID.ReplaceAllStringFunc(s, func(id string) string {
		if known[id] == "" {
			known[id] = "REQUEST-" + strconv.Itoa(len(known)+1)
		}
		return known[id]
	})
}

// inOrder checks that s contains the parts, one after the other.
func inOrder(t *testing.T, s string, parts ...string) {
	t.Helper()
	rest := s
	for _, part := range parts {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Fatalf("no %q where it was expected in\n%s", part, s)
		}
		rest = after
	}
}
