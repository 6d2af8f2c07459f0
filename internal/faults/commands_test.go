package faults_test

import (
	"context"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// An outcome is what the caller of an invocation gets.
type outcome struct {
	*lambdaenv.Response
	err error
}

// invoke invokes the function, and prints what the caller gets.
func (s *scenario) invoke(neg bool, args []string) {
	s.call(args)
	s.response(neg, nil)
}

// call begins an invocation.
func (s *scenario) call(args []string) {
	flags := flag.NewFlagSet("call", flag.ContinueOnError)
	size := flags.Int("bytes", 0, "")
	as := flags.String("as", "", "")
	event := fmt.Sprintf(`{"do":%q}`, s.parse(flags, args, 1)[0])
	if padding := *size - len(event) - len(`,"padding":""`); padding > 0 {
		event = fmt.Sprintf(`%s,"padding":"%s"}`, strings.TrimSuffix(event, "}"), strings.Repeat("x", padding))
	}
	s.from = len(s.env.Entries())
	s.worked = false
	caller := make(chan outcome, 1)
	s.callers[*as] = caller
	go func() {
		ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
		defer cancel()
		response, err := s.env.Environment.Invoke(ctx, []byte(event))
		caller <- outcome{response, err}
	}()
}

// response prints what the caller of the invocation gets.
func (s *scenario) response(neg bool, args []string) {
	caller := s.callers[strings.Join(args, " ")]
	if caller == nil {
		s.Fatalf("there was no such call")
	}
	got := <-caller
	if got.err != nil {
		s.Fatalf("invoke: %v", got.err)
	}
	s.requestID = got.RequestID
	failed := got.FunctionError != ""
	text := string(got.Payload)
	if len(text) > 4096 {
		text = fmt.Sprintf("%d bytes", len(text))
	}
	if failed {
		text = got.FunctionError + ": " + text
	}
	fmt.Fprintln(s.ts.Stdout(), text)
	if failed != neg {
		s.Fatalf("the caller has an error: %v, want %v", failed, neg)
	}
}

// idle waits for the end of the invocation.
func (s *scenario) idle([]string) {
	fmt.Fprintln(s.ts.Stdout(), s.env.WaitIdle().Status)
}

// stayFrozen leaves the environment frozen.
func (s *scenario) stayFrozen(args []string) {
	d, err := time.ParseDuration(strings.Join(args, " "))
	if err != nil {
		s.Fatalf("%v", err)
	}
	s.env.WaitIdle()
	time.Sleep(d) // waits for no event: the clocks continue while the processes are frozen
}

// await waits for an entry in the log of the invocation.
func (s *scenario) await(args []string) {
	name := strings.Join(args, " ")
	s.awaitAfter(s.from, name, func(e lambdaenv.Entry) bool { return isCalled(e, name) })
}

// awaitAfter waits for an entry behind the first n.
func (s *scenario) awaitAfter(n int, what string, match func(lambdaenv.Entry) bool) {
	seen := 0
	s.env.Await(what, func(e lambdaenv.Entry) bool {
		seen++
		return seen > n && match(e)
	})
}

// logged finds lines in the whole log.
func (s *scenario) logged(neg bool, args []string) {
	flags := flag.NewFlagSet("logged", flag.ContinueOnError)
	count := flags.Int("count", 0, "")
	pattern, err := regexp.Compile(s.parse(flags, args, 1)[0])
	if err != nil {
		s.Fatalf("%v", err)
	}
	found := 0
	for _, line := range s.env.Lines() {
		if pattern.MatchString(line) {
			found++
			s.found[line] = true
		}
	}
	switch {
	case neg && found > 0, !neg && found == 0, *count > 0 && found != *count:
		s.Fatalf("found %d such lines", found)
	}
}

// order finds entries in the log of the invocation.
func (s *scenario) order(args []string) {
	entries := s.env.Entries()[s.from:]
	for i, name := range args {
		at := slices.IndexFunc(entries, func(e lambdaenv.Entry) bool { return isCalled(e, name) })
		if at < 0 {
			s.Fatalf("%q is not in the log of this invocation, or not after %q", name, args[:i])
		}
		entries = entries[at+1:]
	}
}

// isCalled reports whether name stands for the entry in a script.
func isCalled(e lambdaenv.Entry, name string) bool {
	if e.Kind == lambdaenv.Line {
		return strings.Contains(e.Text, name)
	}
	return string(e.Kind) == name
}

var signals = map[string]syscall.Signal{"KILL": syscall.SIGKILL, "STOP": syscall.SIGSTOP}

// signal sends a signal to a process.
func (s *scenario) signal(args []string) {
	if len(args) != 2 || signals[args[0]] == 0 {
		s.Fatalf("usage: signal KILL|STOP runtime|EXTENSION")
	}
	s.worked = false
	before := len(s.env.Entries())
	if err := s.env.Signal(args[1], signals[args[0]]); err != nil {
		s.Fatalf("%v", err)
	}
	if args[0] == "KILL" { // which takes the kernel a moment
		s.awaitAfter(before, "the end of "+args[1], func(e lambdaenv.Entry) bool { return e.Kind == lambdaenv.Exited })
	}
}
