//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/postinvoke/demo/demotest"
)

const interrupted = "demo: interrupt signal received\n"

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
			`Ended by a signal after \S+ m?s\.</p>(?s:.*)second on stack`},
		{"frozen", []string{"-event", `{"sleepMs":1}`, "-idle", "1h"}, "── frozen", syscall.SIGTERM,
			`Ended by a signal after \S+ m?s\.</p>(?s:.*)SIGKILL(?s:.*)first on stack`},
		{"in a handler", []string{"-plain", "-json"}, "cleanup begins", syscall.SIGINT, "Ended by a signal"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "report.html")
			p := demotest.Start(t, demotest.Command(t, append(test.args, "-o", path)...))
			p.See(t, test.moment)
			r := p.Signal(t, test.signal)
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

// go build does not end its compilers and linkers, and does not remove its files, when it
// is interrupted.
func TestInterruptWhileCompiling(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fifo, tool := filepath.Join(dir, "started"), filepath.Join(dir, "tool")
	if err := syscall.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ncase $*:$1 in *-V=full*) ;; */link) exec 3>" + fifo + "; exec sleep 3600 ;; esac\nexec \"$@\"\n"
	if err := os.WriteFile(tool, []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	p := demotest.Start(t, with(demotest.Command(t, "-function", "testdata/functions/returns", "-without-layer"), "",
		"GOFLAGS=-toolexec="+tool, keptBuilds+"="))
	linker, err := os.Open(fifo) // waits until it runs, and is at its end when it does not
	if err != nil {
		t.Fatal(err)
	}
	defer linker.Close()
	p.Signal(t, syscall.SIGINT).Failed(t, 130, "demo: build testdata/functions/returns: interrupt signal received\n")
	linker.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadAll(linker); err != nil {
		t.Errorf("the linker still runs: %v", err)
	}
}

// A browser may need its time, and who interrupts twice does not want to wait.
func TestInterruptWhileMakingThePicture(t *testing.T) {
	t.Parallel()
	browser, started := stuck(t, "chromium")
	dir := t.TempDir()
	page, picture := filepath.Join(dir, "run.html"), filepath.Join(dir, "run.png")
	cmd := demotest.Command(t, "-event", `{"sleepMs":1}`, "-idle", "1h", "-o", page, "-png", picture)
	p := demotest.Start(t, with(cmd, "", "PATH="+browser+string(filepath.ListSeparator)+os.Getenv("PATH")))
	p.See(t, "── frozen")
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	started()
	p.Signal(t, syscall.SIGINT).Failed(t, 130, "demo: wrote "+page+"\n"+interrupted+
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
	p := demotest.Start(t, cmd)
	// More than fits into a pipe: it is being read when this returns.
	if _, err := stdin.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
		t.Fatal(err)
	}
	p.Signal(t, syscall.SIGINT).Failed(t, 130, "")
}

func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, demotest.Command(t, brief()...))
	p.See(t, "INIT_START")
	p.Stdout.Close()
	p.Wait().Failed(t, 128+int(syscall.SIGPIPE), "")
}
