//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"example.com/postinvoke/demo/demotest"
)

const interrupted = "demo: ended by a signal (interrupt); no process was left behind\n"

func TestInterrupt(t *testing.T) {
	t.Parallel()
	const terminated = "demo: ended by a signal (terminated); no process was left behind\n"
	tests := []struct {
		name   string
		args   []string
		moment string
		signal syscall.Signal
		stderr string
	}{
		{"in a hook", []string{"-event", `{"sleepMs":3600000}`, "-timeout", "15m"}, "second on stack",
			syscall.SIGINT, interrupted},
		{"frozen", []string{"-event", `{"sleepMs":1}`, "-idle", "1h"}, "── frozen", syscall.SIGINT, interrupted},
		{"in a handler", []string{"-plain", "-json"}, "cleanup begins", syscall.SIGINT, interrupted},
		{"SIGTERM", []string{"-event", `{"sleepMs":1}`, "-idle", "1h"}, "── frozen", syscall.SIGTERM, terminated},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := demotest.Call{}.Start(t, test.args...)
			p.See(t, test.moment)
			r := p.Signal(t, test.signal)
			r.Failed(t, 128+int(test.signal), test.stderr)
			for _, bad := range []string{"billed duration", "invokes the function"} {
				if strings.Contains(r.Stdout, bad) {
					t.Errorf("got %q after the run was ended:\n%s", bad, r.Stdout)
				}
			}
		})
	}
}

func TestTheReportOfAnInterruptedRun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, event, moment, want string }{
		{"frozen", `{"sleepMs":1}`, "── frozen",
			`Ended by Ctrl-C after \S+ m?s\.</p>(?s:.*)SIGKILL(?s:.*)first on stack`},
		{"in a hook", `{"sleepMs":60000}`, "second on stack",
			`Ended by Ctrl-C after \S+ m?s\.</p>(?s:.*)second on stack`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "report.html")
			p := demotest.Call{}.Start(t, "-event", test.event, "-idle", "1h", "-o", path)
			p.See(t, test.moment)
			p.Signal(t, syscall.SIGINT).Failed(t, 130, "demo: wrote "+path+"\n"+interrupted)
			if page := read(t, path); !regexp.MustCompile(test.want).MatchString(page) {
				t.Errorf("the report lacks log or end: no match for %s", test.want)
			}
		})
	}
}

// With empty caches it takes most of a minute, of which a new user has to know
// that it is not always so.
func TestACompilationThatTakesLongIsMentioned(t *testing.T) {
	t.Parallel()
	bin, started := stuck(t, "go")
	p := demotest.Call{Env: []string{"PATH=" + bin, keptBuilds + "="}}.Start(t)
	started()
	p.SeeError(t, "demo: still compiling the example function, which takes long only the first time\n")
	p.Signal(t, syscall.SIGINT).Failed(t, 130, "demo: ended by a signal (interrupt)\n")
}

// A browser may need its time, and who interrupts twice does not want to wait.
func TestInterruptWhileMakingThePicture(t *testing.T) {
	t.Parallel()
	browser, started := stuck(t, "chromium")
	dir := t.TempDir()
	page, picture := filepath.Join(dir, "run.html"), filepath.Join(dir, "run.png")
	p := demotest.Call{Env: []string{"PATH=" + browser + string(filepath.ListSeparator) + os.Getenv("PATH")}}.Start(t,
		"-event", `{"sleepMs":1}`, "-idle", "1h", "-o", page, "-png", picture)
	p.See(t, "── frozen")
	p.Interrupt(t)
	started()
	p.Signal(t, syscall.SIGINT).Failed(t, 130, "demo: wrote "+page+"\n"+strings.TrimSuffix(interrupted, "\n")+
		"; there is no picture "+picture+": interrupt signal received\n")
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
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	p := demotest.Call{Pipe: r}.Start(t, "-event", "-")
	r.Close()
	// More than fits into a pipe: it is being read when this returns.
	if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
		t.Fatal(err)
	}
	p.Signal(t, syscall.SIGINT).Failed(t, 130, "demo: ended by a signal (interrupt)\n")
}

// An event may come through a pipe into which nobody writes.
func TestInterruptWhileWaitingForTheEvent(t *testing.T) {
	t.Parallel()
	event := filepath.Join(t.TempDir(), "event")
	if err := syscall.Mkfifo(event, 0o666); err != nil {
		t.Fatal(err)
	}
	p := demotest.Call{}.Start(t, "-event", event)
	w, err := os.OpenFile(event, os.O_WRONLY, 0) // returns when it is being read
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	p.Signal(t, syscall.SIGINT).Failed(t, 130, "demo: ended by a signal (interrupt)\n")
}

func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
	p := demotest.Call{}.Start(t, brief()...)
	p.See(t, "INIT_START")
	p.GoAway()
	p.Wait(t).Failed(t, 128+int(syscall.SIGPIPE), "")

	// The log is not mentioned then, but the flag for the report is set.
	p = demotest.Call{}.Start(t, brief("-o", "/dev/full")...)
	p.See(t, "INIT_START")
	p.GoAway()
	if got := p.Wait(t).Stderr; !strings.Contains(got, "no space left on device") {
		t.Errorf("got stderr %q, want it to say why there is no report", got)
	}
}
