// Command demo runs a Lambda function with hooks on this machine and shows its
// log: the response first, the hooks after it, the environment frozen, thawed
// and shut down, with a time on every line. It needs Go and no AWS account.
//
//	go run ./demo
//
// It builds the example function and the extension, and starts them in a local
// execution environment. The log is what CloudWatch would show, and between
// its lines, marked with ──, what Lambda does not log: when the caller has the
// response, when the processes are frozen and thawed, and how they end.
// With -h it lists its flags, with examples.
//
// With the event {"crash":true} a hook of the example ends its process. The log
// then shows what the layer says was lost with it, and with -without-layer that
// nothing does.
//
// The last 500 ms of the function's timeout are the library's margin, in which no
// hook begins.
//
// # Report and live page
//
// With -o it also writes a page that needs nothing but itself: the run as a
// timeline, the log, and the figures. With -png it makes a picture of that,
// with the Chromium or Chrome that is installed. For them the function runs at
// log level DEBUG, at which the library logs each hook; the log leaves those
// lines out, unless -env chooses a level. The picture in the README was made by
//
//	go run ./demo -invocations 1 -idle 5s -png docs/screenshot.png
//
// With serve as the first argument it is a page on loopback to play with:
//
//	go run ./demo serve
//
// With dashboard as the first argument it draws the CloudWatch dashboard that is
// deployed, evaluated on records of runs on this machine:
//
//	go run ./demo dashboard -png dashboard.png
//
// # On AWS
//
// With -stack it runs the functions of a deployed stack instead, one log for
// each, and then checks what this project claims about Lambda. docs/aws.md says
// what it needs and what the checks mean.
//
// # Records for machines
//
// With -json every line on standard output is one JSON object, told apart by
// type:
//
//   - "entry": time, sinceStartMs, source (caller, platform, function or
//     extension), kind ("line" for what CloudWatch would show), and where there
//     are any extension (its name), requestId, text, remark and, when the caller
//     has the response, responseMs (what it waited).
//   - "invocation", when one is over: requestId, status, responseMs, payload,
//     durationMs, billedMs, and where there are any functionError, initMs (of a
//     cold start), what the library reported (hooks, hooksMs, failures,
//     abandoned), lost (how many hooks the extension says were lost with the
//     process), unknown (why nothing tells what became of hooks), reset (why its
//     processes were ended: failure or timeout) and renewed (it began with new
//     ones, after a reset).
//   - "shutdown", at the end: reason, sinceStartMs, idleMs, tookMs and, where
//     there are any, killed (the names of processes that did not exit by
//     themselves) and what the library reported about the shutdown hooks.
//   - "check", on AWS at the end: function, claim, verdict (passed, failed or
//     not seen), figures and, of a failure, its meaning.
//
// On AWS all have function, where the stack has several.
//
// # Exit status
//
// It is 0 if the environment was shut down, even if invocations failed: the
// log and the summary say so. It is 2 for wrong flags and arguments, 1 for
// everything else that prevented the run and for a check on AWS that failed,
// and 130 after Ctrl-C, which ends every process that was started.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := withSignals(context.Background())
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(explain(err, os.Stderr))
}

// signals are those that end a run.
var signals = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

// withSignals returns a context that a signal to end cancels, with an
// interruption as the cause.
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
			cancel(&interruption{s})
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

// An interruption is a signal that ended the run.
type interruption struct{ signal os.Signal }

func (i *interruption) Error() string {
	return fmt.Sprintf("ended by a signal (%v)", i.signal)
}

// by is the signal, as whoever sent it knows it.
func (i *interruption) by() string {
	if i.signal == syscall.SIGINT {
		return "Ctrl-C"
	}
	return fmt.Sprintf("a signal (%v)", i.signal)
}

// A usageError is what is wrong with the flags or the arguments.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// explain tells the user why the run failed, if it did, and returns the exit
// status.
func explain(err error, stderr io.Writer) int {
	var (
		usage    *usageError
		compiler *buildError
		signaled *interruption
	)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, syscall.EPIPE):
		return 128 + int(syscall.SIGPIPE) // whoever read the log had enough of it
	case errors.As(err, &compiler):
		fmt.Fprintln(stderr, "demo:", compiler)
		return 1
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "demo:", usage)
		return 2
	case errors.As(err, &signaled):
		if isTerminal(stderr) {
			fmt.Fprintln(stderr) // after the ^C
		}
		fmt.Fprintln(stderr, "demo:", err)
		if s, ok := signaled.signal.(syscall.Signal); ok {
			return 128 + int(s)
		}
		return 1
	}
	fmt.Fprintln(stderr, "demo:", err)
	return 1
}
