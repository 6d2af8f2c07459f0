package soak_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"example.com/postinvoke/internal/soak"
	"example.com/postinvoke/lambdaenv"
)

// moreHeap is how many bytes more the heap may hold after many invocations than
// after a few: less than a leaked goroutine or timer in every third invocation
// would take in the short run.
const moreHeap = 128 << 10

// mostResident is how much of a process may be in memory after many
// invocations. The heap grows to some 4 MB before Go collects garbage for the
// first time.
func mostResident(before int64) int64 { return before*3/2 + 4<<20 }

// raceDetector is whether there is one.
var raceDetector = sync.OnceValue(func() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
})

// A usage is what an environment has in use while it is frozen.
type usage struct {
	function  soak.Usage
	processes []processUsage
}

// A processUsage is what the system says of a process.
type processUsage struct {
	name     string
	files    int
	resident int64 // bytes
}

func (u usage) String() string {
	s := fmt.Sprintf("\tfunction: heap %d kB, %d goroutines", u.function.Heap>>10, u.function.Goroutines)
	for _, p := range u.processes {
		s += fmt.Sprintf("; %s: %d files, %d kB resident", p.name, p.files, p.resident>>10)
	}
	return s
}

// measure checks what is open, and returns what is in use.
func (s *subject) measure() usage {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	response, err := s.Invoke(ctx, encoded(soak.Plan{Usage: true}))
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.WaitIdle(ctx); err != nil {
		s.t.Fatal(err)
	}
	s.open = append(s.open, job{requestID: response.RequestID})
	s.checkOpen()

	var u usage
	if err := json.Unmarshal(response.Payload, &u.function); err != nil {
		s.t.Fatal(err)
	}
	if runtime.GOOS != "linux" {
		return u // nobody else has /proc
	}
	for _, p := range s.Processes() {
		u.processes = append(u.processes, inspect(s.t, p))
	}
	return u
}

// inspect reads /proc: see proc(5).
func inspect(t *testing.T, p lambdaenv.Process) processUsage {
	t.Helper()
	folder := "/proc/" + strconv.Itoa(p.Pid)
	files, err := os.ReadDir(folder + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	statm, err := os.ReadFile(folder + "/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(string(bytes.Fields(statm)[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return processUsage{p.Name, len(files), pages * int64(os.Getpagesize())}
}

// wantNoMoreThan checks that nothing has grown that is counted.
func (u usage) wantNoMoreThan(t *testing.T, before usage) {
	t.Helper()
	if got, most := u.function.Goroutines, before.function.Goroutines; got > most {
		t.Errorf("got %d goroutines in the function, want %d as before", got, most)
	}
	if got, most := u.function.Heap, before.function.Heap+moreHeap; got > most {
		t.Errorf("got a heap of %d bytes in the function, want no more than %d", got, most)
	}
	for i, p := range u.processes {
		was := before.processes[i]
		if p.files > was.files {
			t.Errorf("got %d open files in %s, want %d as before", p.files, p.name, was.files)
		}
	}
}

// wantNoMoreMemoryThan checks that no process has grown.
func (u usage) wantNoMoreMemoryThan(t *testing.T, before usage) {
	t.Helper()
	for i, p := range u.processes {
		if most := mostResident(before.processes[i].resident); p.resident > most {
			t.Errorf("got %d bytes resident of %s, want no more than %d", p.resident, p.name, most)
		}
	}
}

// goroutinesOfExtension ends the extension in a way that has Go's runtime print
// the stacks of its goroutines, and returns how many it had started itself: none
// without the layer.
func (s *subject) goroutinesOfExtension() int {
	s.t.Helper()
	processes := s.Processes()
	if len(processes) == 1 {
		return 0
	}
	name := processes[1].Name
	for _, signal := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGCONT} { // it is frozen
		if err := s.Kill(name, signal); err != nil {
			s.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.ledger.await(ctx, func() bool { return s.ledger.ended > 0 }); err != nil {
		s.t.Fatalf("the extension did not end: %v", err)
	}
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	return s.ledger.goroutines
}
