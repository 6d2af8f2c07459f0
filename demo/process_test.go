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
)

// A process is the command, running as a process of its own.
type process struct {
	*exec.Cmd
	tmp    string
	pipe   *os.File // the end that stdout reads from
	stdout *bufio.Reader
	stderr bytes.Buffer
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	return startWith(t, nil, args...)
}

func startWith(t *testing.T, stdin *os.File, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], args...), tmp: t.TempDir()}
	p.Env = append(os.Environ(), asDemo+"=1", "TMPDIR="+p.tmp)
	if stdin != nil {
		p.Stdin = stdin
	}
	p.Stderr = &p.stderr
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stdout = w
	err = p.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	p.pipe, p.stdout = r, bufio.NewReader(r)
	t.Cleanup(func() {
		r.Close()
		if p.ProcessState == nil {
			p.Process.Kill()
			p.Wait()
		}
	})
	return p
}

// see reads the log up to the line with text.
func (p *process) see(t *testing.T, text string) {
	t.Helper()
	var log strings.Builder
	for {
		line, err := p.stdout.ReadString('\n')
		log.WriteString(line)
		if strings.Contains(line, text) {
			return
		}
		if err != nil {
			p.Wait()
			t.Fatalf("%v before %q in the log\n%s%s", err, text, &log, &p.stderr)
		}
	}
}

// signal sends a signal and returns the rest of the log, once the process has
// ended as it should.
func (p *process) signal(t *testing.T, s syscall.Signal, wantErr string) string {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(p.stdout)
	if err != nil {
		t.Fatal(err)
	}
	p.Wait()
	if got, want := p.ProcessState.ExitCode(), 128+int(s); got != want {
		t.Errorf("got exit status %d, want %d", got, want)
	}
	if got := withoutProgress(p.stderr.String()); got != wantErr {
		t.Errorf("got stderr %q, want %q", got, wantErr)
	}
	nothingLeft(t, p.tmp)
	return string(rest)
}

func TestInterrupt(t *testing.T) {
	const (
		interrupted = "demo: ended by a signal (interrupt); no process was left behind\n"
		terminated  = "demo: ended by a signal (terminated); no process was left behind\n"
	)
	tests := []struct {
		name   string
		args   []string
		moment string
		signal syscall.Signal
		stderr string
	}{
		{"in a hook", []string{"-event", `{"sleepMs":3600000}`, "-timeout", "15m"}, "second on stack", syscall.SIGINT, interrupted},
		{"frozen", []string{"-event", `{"sleepMs":1}`, "-idle", "1h"}, "── frozen", syscall.SIGINT, interrupted},
		{"in a handler", []string{"-plain", "-json"}, "cleanup begins", syscall.SIGINT, interrupted},
		{"SIGTERM", []string{"-event", `{"sleepMs":1}`, "-idle", "1h"}, "── frozen", syscall.SIGTERM, terminated},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := start(t, test.args...)
			p.see(t, test.moment)
			rest := p.signal(t, test.signal, test.stderr)
			for _, bad := range []string{"billed duration", "invokes the function"} {
				if strings.Contains(rest, bad) {
					t.Errorf("got %q after the run was ended:\n%s", bad, rest)
				}
			}
		})
	}
}

func TestTheReportOfAnInterruptedRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	for _, test := range []struct{ name, event, moment, want string }{
		{"frozen", `{"sleepMs":1}`, "── frozen", `Ended by Ctrl-C after \S+ m?s, after invocation 1 of 2\.</p>(?s:.*)then killed(?s:.*)first on stack`},
		{"in a hook", `{"sleepMs":60000}`, "second on stack", `Ended by Ctrl-C after \S+ m?s, in invocation 1 of 2\.</p>(?s:.*)second on stack`},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start(t, "-event", test.event, "-idle", "1h", "-o", path)
			p.see(t, test.moment)
			p.signal(t, syscall.SIGINT, "demo: wrote "+path+"\ndemo: ended by a signal (interrupt); no process was left behind\n")
			page, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !regexp.MustCompile(test.want).Match(page) {
				t.Errorf("the report lacks log or end: no match for %s", test.want)
			}
		})
	}
}

func TestInterruptWhileBuilding(t *testing.T) {
	bin, started := stuck(t, "go")
	t.Setenv("PATH", bin)
	p := start(t)
	started()
	p.signal(t, syscall.SIGINT, "demo: ended by a signal (interrupt)\n")
}

// A browser may need its time, and who interrupts twice does not want to wait.
func TestInterruptWhileMakingThePicture(t *testing.T) {
	browser, started := stuck(t, "chromium")
	t.Setenv("PATH", browser+string(filepath.ListSeparator)+os.Getenv("PATH"))
	dir := t.TempDir()
	page, picture := filepath.Join(dir, "run.html"), filepath.Join(dir, "run.png")
	p := start(t, "-event", `{"sleepMs":1}`, "-idle", "1h", "-o", page, "-png", picture)
	p.see(t, "── frozen")
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	started()
	p.signal(t, syscall.SIGINT, "demo: wrote "+page+"\ndemo: ended by a signal (interrupt); no process was left behind; there is no picture "+picture+": interrupt signal received\n")
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
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	p := startWith(t, r, "-event", "-")
	r.Close()
	// More than fits into a pipe: it is being read when this returns.
	if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
		t.Fatal(err)
	}
	p.signal(t, syscall.SIGINT, "demo: ended by a signal (interrupt)\n")
}

// An event may come through a pipe into which nobody writes.
func TestInterruptWhileWaitingForTheEvent(t *testing.T) {
	event := filepath.Join(t.TempDir(), "event")
	if err := syscall.Mkfifo(event, 0o666); err != nil {
		t.Fatal(err)
	}
	p := start(t, "-event", event)
	w, err := os.OpenFile(event, os.O_WRONLY, 0) // returns when it is being read
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	p.signal(t, syscall.SIGINT, "demo: ended by a signal (interrupt)\n")
}

func TestReaderGoesAway(t *testing.T) {
	p := start(t, brief()...)
	p.see(t, "INIT_START")
	// As head does.
	p.pipe.Close()
	p.Wait()
	if got, want := p.ProcessState.ExitCode(), 128+int(syscall.SIGPIPE); got != want {
		t.Errorf("got exit status %d, want %d", got, want)
	}
	if got := withoutProgress(p.stderr.String()); got != "" {
		t.Errorf("got stderr %q, want nothing", got)
	}
	nothingLeft(t, p.tmp)
}

// Nothing is said of the log then, but the report was asked for.
func TestReaderGoesAwayAndTheReportFails(t *testing.T) {
	p := start(t, brief("-o", "/dev/full")...)
	p.see(t, "INIT_START")
	p.pipe.Close()
	p.Wait()
	if got := withoutProgress(p.stderr.String()); !strings.Contains(got, "no space left on device") {
		t.Errorf("got stderr %q, want it to say why there is no report", got)
	}
}
