// Package demotest runs the commands of the demo in tests, as processes: a variable
// makes the test binary be the command. It also compares what they print with
// golden files.
package demotest

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// asCommand makes the test binary be the command.
const asCommand = "POSTINVOKE_TEST_AS_COMMAND"

// BeCommand is for TestMain. In a process that is to be the command it calls main,
// which exits.
func BeCommand(main func()) {
	if os.Getenv(asCommand) != "" {
		main()
	}
}

// Tests is for TestMain: it runs the tests and returns their exit status. Many of
// them wait, so more run at once than there are processors.
func Tests(m *testing.M) int {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		parallel.Value.Set(strconv.Itoa(3 * runtime.GOMAXPROCS(0)))
	}
	return m.Run()
}

// A Call is a way to run the command. The zero value is that of the test.
type Call struct {
	Program string // the executable, a copy of the test's
	Stdin   string
	Pipe    *os.File // instead of Stdin
	Dir     string   // where it runs
	Env     []string // further variables
}

// A Result is what is left of a run.
type Result struct {
	Stdout, Stderr string
	Code           int
}

func (r Result) String() string {
	return fmt.Sprintf("exit status %d, stderr %q, stdout %q", r.Code, r.Stderr, r.Stdout)
}

// Run runs the command with these arguments to its end.
func Run(t testing.TB, args ...string) Result {
	t.Helper()
	return Call{}.Run(t, args...)
}

// Run runs the command to its end, and checks that nothing is left.
func (c Call) Run(t testing.TB, args ...string) Result {
	t.Helper()
	p := c.Start(t, args...)
	stdout, err := io.ReadAll(p.stdout)
	if err != nil {
		t.Fatal(err)
	}
	r := p.Wait(t)
	r.Stdout = string(stdout)
	return r
}

// A Process is a command that runs.
type Process struct {
	cmd    *exec.Cmd
	tmp    string
	stdout *bufio.Reader
	pipe   *os.File // the end that stdout reads from
	stderr output
}

// Start starts the command.
func (c Call) Start(t testing.TB, args ...string) *Process {
	t.Helper()
	p := &Process{cmd: exec.Command(cmp.Or(c.Program, os.Args[0]), args...), tmp: t.TempDir()}
	p.cmd.Dir = c.Dir
	p.cmd.Env = slices.Concat(os.Environ(), []string{asCommand + "=1", "TMPDIR=" + p.tmp}, c.Env)
	p.cmd.Stdin, p.cmd.Stderr = strings.NewReader(c.Stdin), &p.stderr
	if c.Pipe != nil {
		p.cmd.Stdin = c.Pipe
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout = w
	err = p.cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	p.pipe, p.stdout = r, bufio.NewReader(r)
	t.Cleanup(func() {
		r.Close()
		if p.cmd.ProcessState == nil {
			p.cmd.Process.Kill()
			p.cmd.Wait()
		}
	})
	return p
}

// Line returns the next line of standard output.
func (p *Process) Line(t testing.TB) string {
	t.Helper()
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		p.cmd.Wait()
		t.Fatalf("%v: %s", err, &p.stderr)
	}
	return line
}

// See reads standard output up to the line with text.
func (p *Process) See(t testing.TB, text string) {
	t.Helper()
	for !strings.Contains(p.Line(t), text) {
	}
}

// SeeError waits until standard error has text.
func (p *Process) SeeError(t testing.TB, text string) {
	t.Helper()
	for {
		changed := p.stderr.next()
		if strings.Contains(p.stderr.String(), text) {
			return
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatalf("no %q in %s", text, &p.stderr)
		}
	}
}

// An output is standard error while it is written.
type output struct {
	mu      sync.Mutex
	b       bytes.Buffer
	changed chan struct{}
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.changed != nil {
		close(o.changed)
		o.changed = nil
	}
	return o.b.Write(b)
}

// next returns what is closed with the next write.
func (o *output) next() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.changed == nil {
		o.changed = make(chan struct{})
	}
	return o.changed
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// Signal sends a signal, and returns what is left of the run. Stdout is what came
// after that was seen.
func (p *Process) Signal(t testing.TB, s syscall.Signal) Result {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(p.stdout)
	if err != nil {
		t.Fatal(err)
	}
	r := p.Wait(t)
	r.Stdout = string(rest)
	return r
}

// Interrupt sends the signal of Ctrl-C, and does not wait for what comes of it.
func (p *Process) Interrupt(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
}

// GoAway closes standard output, as head does.
func (p *Process) GoAway() { p.pipe.Close() }

// slowStep is what a progress shows on a slow machine only.
var slowStep = regexp.MustCompile(`(?m)^demo: still .*\n`)

// Wait waits for the end, and checks that there are no files of the command, and
// no process of a program in its temporary folder.
func (p *Process) Wait(t testing.TB) Result {
	t.Helper()
	if err := p.cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(p.tmp)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("left behind: %s", filepath.Join(p.tmp, e.Name()))
	}
	processes, err := exec.Command("ps", "-axo", "args").Output()
	if err != nil {
		t.Logf("ps: %v", err)
	}
	for line := range strings.Lines(string(processes)) {
		if strings.HasPrefix(line, p.tmp) {
			t.Errorf("still runs: %s", line)
		}
	}
	return Result{Stderr: slowStep.ReplaceAllString(p.stderr.String(), ""), Code: p.cmd.ProcessState.ExitCode()}
}

// Succeeded checks that nothing but the log was written.
func (r Result) Succeeded(t testing.TB) {
	t.Helper()
	r.Wrote(t)
}

// Wrote checks that the run succeeded, and said that it wrote these files.
func (r Result) Wrote(t testing.TB, files ...string) {
	t.Helper()
	want := ""
	for _, file := range files {
		want += "demo: wrote " + file + "\n"
	}
	if r.Code != 0 || r.Stderr != want {
		t.Fatalf("got exit status %d, stderr %q; want 0 and %q\n%s", r.Code, r.Stderr, want, r.Stdout)
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
