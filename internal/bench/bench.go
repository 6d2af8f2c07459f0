// Package bench measures what the library and the extension cost, beside
// functions without them and beside other ways to do the same. One command
// prints the tables of docs/benchmarks.md:
//
//	go test -run '^$' -bench . -benchtime 1x -timeout 30m ./internal/bench
//
// The package itself holds what the functions in testdata have in common.
package bench

import (
	"os"
	"strconv"
	"time"
)

// Environment variables of the functions.
const (
	WorkVariable  = "WORK"  // how long Work takes, as in 2ms; empty for not at all
	HooksVariable = "HOOKS" // how many hooks to register, for function wrapped
	QuietVariable = "QUIET" // not empty: function wrapped writes no records
	PortVariable  = "PORT"  // of 127.0.0.1, on which extension httpdone listens
	CallVariable  = "CALL"  // of the library to do the work with, for function wrapped: Run or Go
)

// Work stands for work beside the response: it waits, as a function does for the
// acknowledgement of a collector.
func Work() { time.Sleep(work) }

var work, _ = time.ParseDuration(os.Getenv(WorkVariable))

// Hooks returns the number in HooksVariable.
func Hooks() int {
	n, _ := strconv.Atoi(os.Getenv(HooksVariable))
	return n
}
