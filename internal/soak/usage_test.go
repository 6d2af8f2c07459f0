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
	"testing"

	"example.com/postinvoke/internal/soak"
	"example.com/postinvoke/lambdaenv"
)

// moreHeap is how many bytes more the heap may hold after many invocations than
// after a few: less than a leaked goroutine or timer in every third invocation
// would take in the short run.
const moreHeap = 128 << 10

// moreOfExtension is how many bytes more of the extension may have been resident:
// a few pages of Go's runtime, whose background work touches an idle process too.
const moreOfExtension = 64 << 10

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
	peak     int64 // bytes that were resident at most
}

func (u usage) String() string {
	s := fmt.Sprintf("\tfunction: heap %d kB, %d goroutines", u.function.Heap>>10, u.function.Goroutines)
	for _, p := range u.processes {
		s += fmt.Sprintf("; %s: %d files, %d kB resident, %d kB at most", p.name, p.files, p.resident>>10, p.peak>>10)
	}
	return s
}

// measure checks open invocations, and returns what is in use.
func (s *environment) measure() usage {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	response, err := s.Invoke(ctx, encoded(soak.Plan{Usage: true}))
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.WaitIdle(ctx); err != nil {
		s.t.Fatal(err)
	}
	s.open = append(s.open, served{requestID: response.RequestID})
	s.checkOpen()

	var u usage
	if err := json.Unmarshal(response.Payload, &u.function); err != nil {
		s.t.Fatal(err)
	}
	if runtime.GOOS != "linux" {
		return u // others have no /proc
	}
	for _, p := range s.Processes() {
		u.processes = append(u.processes, inspect(s.t, p))
	}
	return u
}

// inspect reads /proc (proc(5)).
func inspect(t *testing.T, p lambdaenv.Process) processUsage {
	t.Helper()
	folder := "/proc/" + strconv.Itoa(p.Pid)
	files, err := os.ReadDir(folder + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(folder + "/status")
	if err != nil {
		t.Fatal(err)
	}
	return processUsage{p.Name, len(files), memory(t, status, "VmRSS"), memory(t, status, "VmHWM")}
}

// memory returns a value of /proc/PID/status, in bytes.
func memory(t *testing.T, status []byte, key string) int64 {
	t.Helper()
	for line := range bytes.Lines(status) {
		fields := bytes.Fields(line) // key, number, kB
		if len(fields) != 3 || string(fields[0]) != key+":" {
			continue
		}
		kB, err := strconv.ParseInt(string(fields[1]), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return kB << 10
	}
	t.Fatalf("%s is not in the status of a process", key)
	return 0
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
		if p.name == "extension" && p.peak > was.peak+moreOfExtension {
			t.Errorf("got a peak of %d bytes of the extension, which takes no part in invocations, want %d as before",
				p.peak, was.peak)
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
