// Package cli is what the commands of the demo have in common: exit status,
// progress on standard error, flags, reading the event, and writing the report.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// A Command is a program, apart from the process that it runs in.
type Command func(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error

// signals are those that end a run.
var signals = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

// interrupted is the exit status after a signal.
const interrupted = 130

// Main runs a command in this process, and exits.
func Main(command Command) {
	// SIGPIPE is caught and ignored: the failing write ends the run, and the processes
	// and files that a sudden death would leave behind are cleaned up.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	os.Exit(exitStatus(ctx, command(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)))
}

// exitStatus prints why a command failed, if it did.
func exitStatus(ctx context.Context, err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, syscall.EPIPE):
		return 128 + int(syscall.SIGPIPE) // the reader of the log had enough of it
	}
	fmt.Fprintln(os.Stderr, "demo:", err)
	switch _, wrong := errors.AsType[usageError](err); {
	case wrong:
		return 2
	case ctx.Err() != nil:
		return interrupted
	}
	return 1
}

// A usageError is what is wrong with the flags or the arguments.
type usageError string

func (e usageError) Error() string { return string(e) }

// Usagef returns an error about flags or arguments.
func Usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// slow is how long a step may take before it is mentioned.
const slow = 2 * time.Second

// NewProgress returns a function that takes what the command waits for now, or
// nothing. It mentions on stderr what takes long.
func NewProgress(stderr io.Writer) func(step string) {
	var (
		mu    sync.Mutex
		last  string
		timer *time.Timer
	)
	return func(step string) {
		mu.Lock()
		defer mu.Unlock()
		if step == last {
			return
		}
		last = step
		if timer != nil {
			timer.Stop()
		}
		timer = time.AfterFunc(slow, func() {
			if step != "" {
				fmt.Fprintf(stderr, "demo: %s …\n", step)
			}
		})
	}
}

// TempFolder makes a folder for what a command builds.
func TempFolder() (string, error) {
	dir, err := os.MkdirTemp("", "postinvoke-demo-")
	if err != nil {
		return "", fmt.Errorf("a temporary folder is needed: %w; set TMPDIR to a folder that exists", err)
	}
	return dir, nil
}

// An Output ends the run when it can no longer be written to.
type Output struct {
	W      io.Writer
	Cancel context.CancelCauseFunc
}

func (o *Output) Write(b []byte) (int, error) {
	n, err := o.W.Write(b)
	if err != nil {
		o.Cancel(err)
	}
	return n, err
}
