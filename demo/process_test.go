//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"example.com/postinvoke/demo/demotest"
)

const interrupted = "demo: interrupt signal received\n"

// A process is a command that runs.
type process struct {
	*exec.Cmd
	stdout io.ReadCloser
	lines  *bufio.Reader // of stdout
	stderr bytes.Buffer
}

func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{Cmd: cmd}
	p.Stderr = &p.stderr
	var err error
	if p.stdout, err = p.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewReader(p.stdout)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// see reads standard output up to the line with text, and returns that.
func (p *process) see(t *testing.T, text string) string {
	t.Helper()
	for {
		line, err := p.lines.ReadString('\n')
		if err != nil {
			p.Wait()
			t.Fatalf("%v: %s", err, &p.stderr)
		}
		if strings.Contains(line, text) {
			return line
		}
	}
}

// signal sends a signal, if any, and returns what comes after that was seen.
func (p *process) signal(t *testing.T, s syscall.Signal) demotest.Result {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(p.lines)
	if err != nil {
		t.Fatal(err)
	}
	p.Wait()
	return demotest.Result{
		Stdout: string(rest), Stderr: demotest.WithoutProgress(p.stderr.String()), Code: p.ProcessState.ExitCode(),
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		args   []string
		moment string
		signal syscall.Signal
		report string
	}{
		{"in a hook", []string{"-event", `{"sleepMs":3600000}`, "-timeout", "15m"}, "second on stack", syscall.SIGINT,
			`Ended by a signal after \S+ m?s, in invocation 1 of 2\.</p>(?s:.*)second on stack`},
		{"frozen", []string{"-event", `{"sleepMs":1}`, "-idle", "1h"}, "── frozen", syscall.SIGTERM,
			`Ended by a signal after \S+ m?s, after invocation 1 of 2\.</p>(?s:.*)then killed(?s:.*)first on stack`},
		{"in a handler", []string{"-plain", "-json"}, "cleanup begins", syscall.SIGINT, "Ended by a signal"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "report.html")
			p := start(t, demotest.Command(t, append(test.args, "-o", path)...))
			p.see(t, test.moment)
			r := p.signal(t, test.signal)
			r.Failed(t, 130, "demo: wrote "+path+"\ndemo: "+test.signal.String()+" signal received\n")
			for _, bad := range []string{"billed duration", "invokes the function"} {
				if strings.Contains(r.Stdout, bad) {
					t.Errorf("got %q after the run was ended:\n%s", bad, r.Stdout)
				}
			}
			if page := read(t, path); !regexp.MustCompile(test.report).MatchString(page) {
				t.Errorf("the report lacks log or end: no match for %s", test.report)
			}
		})
	}
}

// With empty caches it takes most of a minute, of which a new user has to know
// that it is not always so.
func TestACompilationThatTakesLongIsMentioned(t *testing.T) {
	t.Parallel()
	bin, started := stuck(t, "go")
	cmd := with(demotest.Command(t), "", "PATH="+bin, keptBuilds+"=")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	started()
	lines := bufio.NewReader(stderr)
	got, _ := lines.ReadString('\n')
	if want := "demo: compiling the example function, which takes long only the first time …\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	cmd.Process.Signal(syscall.SIGINT)
	if got, _ := io.ReadAll(lines); string(got) != interrupted {
		t.Errorf("got %q, want %q", got, interrupted)
	}
	cmd.Wait()
}

// A browser may need its time, and who interrupts twice does not want to wait.
func TestInterruptWhileMakingThePicture(t *testing.T) {
	t.Parallel()
	browser, started := stuck(t, "chromium")
	dir := t.TempDir()
	page, picture := filepath.Join(dir, "run.html"), filepath.Join(dir, "run.png")
	cmd := demotest.Command(t, "-event", `{"sleepMs":1}`, "-idle", "1h", "-o", page, "-png", picture)
	p := start(t, with(cmd, "", "PATH="+browser+string(filepath.ListSeparator)+os.Getenv("PATH")))
	p.see(t, "── frozen")
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	started()
	p.signal(t, syscall.SIGINT).Failed(t, 130, "demo: wrote "+page+"\n"+interrupted+
		strings.TrimPrefix(interrupted, "demo: "))
	if _, err := os.Stat(page); err != nil {
		t.Error(err)
	}
}

// stuck makes a command that says that it was started, and then takes its time.
// It returns the folder, and what waits for the start.
func stuck(t *testing.T, command string) (dir string, started func()) {
	t.Helper()
	dir = t.TempDir()
	fifo := filepath.Join(dir, "started")
	if err := syscall.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\necho yes >" + fifo + "\nexec /bin/sleep 3600\n"
	if err := os.WriteFile(filepath.Join(dir, command), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	return dir, func() {
		t.Helper()
		if _, err := os.ReadFile(fifo); err != nil {
			t.Fatal(err)
		}
	}
}

func TestInterruptWhileReadingTheEvent(t *testing.T) {
	t.Parallel()
	cmd := demotest.Command(t, "-event", "-")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, cmd)
	// More than fits into a pipe: it is being read when this returns.
	if _, err := stdin.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
		t.Fatal(err)
	}
	p.signal(t, syscall.SIGINT).Failed(t, 130, "")
}

func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
	p := start(t, demotest.Command(t, brief()...))
	p.see(t, "INIT_START")
	p.stdout.Close()
	p.Wait()
	if got := p.ProcessState.ExitCode(); got != 128+int(syscall.SIGPIPE) || p.stderr.Len() > 0 {
		t.Errorf("got exit status %d, stderr %q; want that of SIGPIPE, and nothing", got, &p.stderr)
	}
}
