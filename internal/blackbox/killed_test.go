//go:build unix

package blackbox_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/postinvoke/internal/blackbox"
)

// asFunction has the test binary be a function that takes notes until it is killed.
const asFunction = "BLACKBOX_TEST_FUNCTION"

func TestMain(m *testing.M) {
	if os.Getenv(asFunction) != "" {
		takeNotes()
	}
	os.Exit(m.Run())
}

// takeNotes does so in several goroutines, as invocations do that have a few
// hooks each.
func takeNotes() {
	box, err := blackbox.Open(func(err error) { panic(err) })
	if err != nil || box == nil {
		panic(fmt.Sprint("no box: ", err))
	}
	fmt.Println("takes notes")
	var goroutines sync.WaitGroup
	for g := range 4 {
		goroutines.Go(func() {
			for n := 0; ; n++ {
				takeNotesOf(box, fmt.Sprintf("%d-%d", g, n%3))
			}
		})
	}
	goroutines.Wait()
}

// hooksOf are those of an invocation: the first hooksEach on the stack, and then
// one of Go.
func hooksOf(requestID string) (hooks [hooksEach + 1]*hook) {
	for i := range hooks {
		name := fmt.Sprintf("%s/%d", requestID, i)
		hooks[i] = &hook{uintptr(name[0])<<16 | uintptr(name[2])<<8 | uintptr(i), name}
	}
	return hooks
}

const hooksEach = 3

func takeNotesOf(box *blackbox.Box, requestID string) {
	hooks := hooksOf(requestID)
	s := box.Begin(requestID, blackbox.Handler)
	for _, h := range hooks[:hooksEach] {
		s.Push(h)
	}
	s.SetPhase(blackbox.Response)
	s.SetPhase(blackbox.Hooks)
	for range hooksEach {
		s.Pop()
		place := s.Go(hooks[hooksEach])
		s.Done()
		s.GoDone(place)
	}
	s.Free()
	box.Count(blackbox.Counters{Invocations: 1, Hooks: 1})
}

// possible are all reports that takeNotesOf can leave, with all that a process
// may miss to note at its end: the name of a hook of Go, whose count it has noted.
func possible(requestID string) []blackbox.Lost {
	hooks := hooksOf(requestID)
	names := []string{hooks[0].name, hooks[1].name, hooks[2].name, hooks[3].name}
	var all []blackbox.Lost
	add := func(phase blackbox.Phase, waiting int, popped string, beside, besideNamed bool) {
		l := blackbox.Lost{RequestID: requestID, Phase: phase, NotStarted: waiting}
		for i := waiting - 1; i >= 0; i-- {
			l.WaitNames = append(l.WaitNames, names[i])
		}
		if popped != "" {
			l.Running++
			l.RunNames = append(l.RunNames, popped)
		}
		if beside {
			l.Running++
		}
		if besideNamed {
			l.RunNames = append(l.RunNames, names[hooksEach])
		}
		all = append(all, l)
	}
	for waiting := 1; waiting <= hooksEach; waiting++ {
		add(blackbox.Handler, waiting, "", false, false)
	}
	add(blackbox.Response, hooksEach, "", false, false)
	for waiting := range hooksEach + 1 {
		add(blackbox.Hooks, waiting, "", false, false)
		if waiting == hooksEach {
			continue
		}
		for _, popped := range []string{"", names[waiting]} {
			add(blackbox.Hooks, waiting, popped, false, false)
			add(blackbox.Hooks, waiting, popped, true, false)
			add(blackbox.Hooks, waiting, popped, true, true)
		}
	}
	return all
}

// Whenever a process is killed, also in the middle of a note, the report names
// what it had registered, and nothing else.
func TestAProcessThatIsKilledLeavesNoWrongClaim(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 20
	}
	random := rand.New(rand.NewPCG(2026, 11))
	lost := 0
	for range rounds {
		file := create(t)
		function := exec.Command(os.Args[0])
		function.Env = append(os.Environ(), asFunction+"=1", "GORACE=atexit_sleep_ms=0")
		out, err := function.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := function.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "takes notes\n" {
			t.Fatalf("got %q, %v", line, err)
		}
		time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond) // for the kill to come at any moment
		function.Process.Kill()
		function.Wait()

		report, used, err := file.Read(time.Now())
		if !used || err != nil {
			t.Fatalf("got %v, %v", used, err)
		}
		if report.Invocations != report.Hooks {
			t.Errorf("got %d invocations and %d hooks, which were counted together", report.Invocations, report.Hooks)
		}
		if len(report.Lost) > 4 {
			t.Errorf("got %d invocations, want no more than 4", len(report.Lost))
		}
		for _, l := range report.Lost {
			lost++
			match := func(p blackbox.Lost) bool { return reflect.DeepEqual(p, l) }
			if !strings.Contains(l.RequestID, "-") || !slices.ContainsFunc(possible(l.RequestID), match) {
				t.Errorf("got %+v, which takeNotesOf never leaves", l)
			}
		}
	}
	t.Logf("%d rounds, %d invocations lost", rounds, lost)
	if lost < rounds/10 { // six times as many are to be expected
		t.Errorf("got %d invocations in %d rounds: the process is not killed in the middle of them", lost, rounds)
	}
}
