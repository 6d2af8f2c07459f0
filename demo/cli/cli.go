// Package cli is what the commands of the demo have in common: it takes their
// arguments and standard streams, and gives flags, an event, progress on standard
// error, the files of a report, and the exit status.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"example.com/postinvoke/demo/printer"
)

// A Command is a program, apart from the process that it runs in.
type Command func(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error

// Main runs a command in this process, and exits.
func Main(command Command) {
	ctx, stop := withSignals(context.Background())
	err := command(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(Explain(err, os.Stderr))
}

// signals are those that end a run.
var signals = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

// withSignals returns a context that a signal to end cancels, with an
// [Interruption] as the cause.
//
// SIGPIPE is caught, too, and ignored: the failing write ends the run, and the
// processes and files that a sudden death would leave behind are cleaned up.
func withSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	received := make(chan os.Signal, 1)
	signal.Notify(received, signals...)
	pipes := make(chan os.Signal, 1)
	signal.Notify(pipes, syscall.SIGPIPE)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case s := <-received:
			cancel(&Interruption{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
		signal.Stop(received)
		signal.Stop(pipes)
	}
}

// An Interruption is a signal that ended the run.
type Interruption struct{ Signal syscall.Signal }

func (i *Interruption) Error() string { return fmt.Sprintf("ended by a signal (%v)", i.Signal) }

// ExitCode is what a shell makes of a process that a signal ended.
func (i *Interruption) ExitCode() int { return 128 + int(i.Signal) }

// by names the signal for people.
func (i *Interruption) by() string {
	if i.Signal == syscall.SIGINT {
		return "Ctrl-C"
	}
	return fmt.Sprintf("a signal (%v)", i.Signal)
}

// A usageError is what is wrong with the flags or the arguments.
type usageError string

func (e usageError) Error() string { return string(e) }
func (usageError) ExitCode() int   { return 2 }

// Usagef returns an error about flags or arguments.
func Usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// Explain writes why a command failed, if it did, and returns the exit status:
// that of an error with a method ExitCode, else 1.
func Explain(err error, stderr io.Writer) int {
	var (
		coded       interface{ ExitCode() int }
		interrupted *Interruption
	)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, syscall.EPIPE):
		return 128 + int(syscall.SIGPIPE) // the reader of the log had enough of it
	case errors.As(err, &interrupted) && printer.IsTerminal(stderr):
		fmt.Fprintln(stderr) // after the ^C
	}
	fmt.Fprintln(stderr, "demo:", err)
	if errors.As(err, &coded) {
		return coded.ExitCode()
	}
	return 1
}

// TempDir makes a folder for temporary files. remove removes it.
func TempDir() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "postinvoke-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("a temporary folder is needed (TMPDIR can name another place): %w", err)
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

// An Output makes room on the terminal before it writes, and ends the run when
// it can no longer be written to.
type Output struct {
	W        io.Writer
	Progress *Progress
	Cancel   context.CancelCauseFunc
}

func (o *Output) Write(b []byte) (int, error) {
	o.Progress.Clear()
	n, err := o.W.Write(b)
	if err != nil {
		o.Cancel(err)
	}
	return n, err
}
