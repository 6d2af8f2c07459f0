// Package demotest runs the commands of the demo in tests, as processes: with an
// environment variable set, the test binary runs as the command. It also compares
// what they print with golden files.
package demotest

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// asCommand makes the test binary be the command.
const asCommand = "POSTINVOKE_TEST_AS_COMMAND"

// Main is for TestMain: it runs the tests and returns their exit status. In a process
// that is to be the command it calls main, which exits.
func Main(m *testing.M, main func()) int {
	if os.Getenv(asCommand) != "" {
		main()
	}
	flag.Parse()
	// Many tests wait, so more run at once than there are processors.
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		parallel.Value.Set(strconv.Itoa(3 * runtime.GOMAXPROCS(0)))
	}
	return m.Run()
}

// A Result is what is left of a run.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Run runs the command with these arguments to its end.
func Run(t testing.TB, args ...string) Result {
	t.Helper()
	return RunCommand(t, Command(t, args...))
}

// Command returns the command with these arguments. At the end of the test there must
// be no files of it, and no process of a program in its temporary folder.
func Command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	tmp := t.TempDir()
	cmd.Env = append(os.Environ(), asCommand+"=1", "TMPDIR="+tmp)
	t.Cleanup(func() {
		left, err := os.ReadDir(tmp)
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
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
	})
	return cmd
}

// RunCommand runs a command to its end.
func RunCommand(t testing.TB, cmd *exec.Cmd) Result {
	t.Helper()
	return Start(t, cmd).rest(t)
}

// A Process is a command that runs.
type Process struct {
	Stdout io.ReadCloser

	cmd    *exec.Cmd
	lines  *bufio.Reader // of Stdout
	stderr bytes.Buffer
}

// Start starts a command.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{cmd: cmd}
	cmd.Stderr = &p.stderr
	var err error
	if p.Stdout, err = cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewReader(p.Stdout)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// See reads standard output up to the line with text, and returns that.
func (p *Process) See(t testing.TB, text string) string {
	t.Helper()
	for {
		line, err := p.lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%v: %v", err, p.Wait())
		}
		if strings.Contains(line, text) {
			return line
		}
	}
}

// Signal sends a signal, and returns the result. Stdout is what came after that was
// seen.
func (p *Process) Signal(t testing.TB, s os.Signal) Result {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	return p.rest(t)
}

func (p *Process) rest(t testing.TB) Result {
	t.Helper()
	rest, err := io.ReadAll(p.lines)
	if err != nil {
		t.Fatal(err)
	}
	r := p.Wait()
	r.Stdout = string(rest)
	return r
}

// progress is what a command shows on a slow machine only.
var progress = regexp.MustCompile(`(?m)^demo: .* …\n`)

// Wait waits for the end. The result is without standard output.
func (p *Process) Wait() Result {
	_ = p.cmd.Wait() // the exit status has it
	return Result{Stderr: progress.ReplaceAllString(p.stderr.String(), ""), Code: p.cmd.ProcessState.ExitCode()}
}

func (r Result) String() string {
	return fmt.Sprintf("exit status %d, stderr %q, stdout %q", r.Code, r.Stderr, r.Stdout)
}

// Succeeded checks that the run succeeded, and reported nothing but that it wrote
// these files.
func (r Result) Succeeded(t testing.TB, files ...string) {
	t.Helper()
	want := ""
	for _, file := range files {
		want += "demo: wrote " + file + "\n"
	}
	if r.Code != 0 || r.Stderr != want {
		t.Fatalf("got %v; want exit status 0, stderr %q", r, want)
	}
}

// Failed checks that the run failed with nothing but that on standard error.
func (r Result) Failed(t testing.TB, code int, stderr string) {
	t.Helper()
	if r.Code != code || r.Stderr != stderr {
		t.Errorf("got exit status %d, stderr %q; want %d and %q", r.Code, r.Stderr, code, stderr)
	}
}

var update = flag.Bool("update", false, "write the golden files")

// Golden compares got with the file testdata/golden/name.
func Golden(t testing.TB, name, got string) {
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

// InOrder checks that s contains the parts, one after the other.
func InOrder(t testing.TB, s string, parts ...string) {
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
