//go:build unix

package blackbox_test

import (
	"errors"
	"runtime/debug"
	"slices"
	"testing"

	"example.com/postinvoke/internal/blackbox"
)

// A hook has a name, and stands for code at an address of its own.
type hook struct {
	pc   uintptr
	name string
}

func (h *hook) Key() blackbox.Key { return blackbox.Key{Code: h.pc} }
func (h *hook) String() string    { return h.name }

// create makes the file in a folder of the test's own.
func create(t testing.TB) *blackbox.File {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	file, err := blackbox.Create()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// open opens the file. The test fails if it is lost.
func open(t testing.TB) *blackbox.Box {
	t.Helper()
	box, err := blackbox.Open(func(err error) { t.Errorf("lost: %v", err) })
	if err != nil || box == nil {
		t.Fatalf("got %v, %v, want a box", box, err)
	}
	t.Cleanup(func() { box.Close() })
	return box
}

// A store into a part of a mapping that has no file behind it ends a process
// with SIGBUS, unless care is taken.
func TestTruncationDisablesTheBoxWithOneReport(t *testing.T) {
	for name, size := range map[string]int64{"to nothing": 0, "to a page": 4096} {
		t.Run(name, func(t *testing.T) {
			file := create(t)
			var lost []error
			box, err := blackbox.Open(func(err error) { lost = append(lost, err) })
			if err != nil {
				t.Fatal(err)
			}
			defer box.Close()
			var slots []*blackbox.Slot
			for range blackbox.Slots {
				slots = append(slots, box.Begin("id", blackbox.Handler))
			}
			if err := file.Truncate(size); err != nil {
				t.Fatal(err)
			}
			var places []int
			for i, s := range slots {
				s.Push(&hook{uintptr(i), "a"})
				places = append(places, s.Go(&hook{uintptr(i), "b"}))
			}
			for i, s := range slots {
				s.SetPhase(blackbox.Hooks)
				s.Pop()
				s.GoDone(places[i])
				s.Done()
				s.Drop()
				s.Free()
			}
			box.Shutdown().Push(&hook{1, "c"})
			box.Count(blackbox.Counters{Invocations: 1})
			if s := box.Begin("id", blackbox.Handler); s != nil {
				t.Error("got a slot, want none")
			}
			if len(lost) != 1 || !errors.Is(lost[0], blackbox.ErrLost) {
				t.Errorf("got reports %v, want one", lost)
			}
			if debug.SetPanicOnFault(false) {
				t.Error("faults still panic after a note")
			}
			if report, used := blackbox.Parse(file.Content()); used {
				t.Errorf("got %+v from a truncated file", report)
			}
		})
	}
}

// A panic of other code, such as a hook's String, does not give up the file.
func TestOtherPanicsGoOn(t *testing.T) {
	create(t)
	box := open(t)
	s := box.Begin("id", blackbox.Handler)
	func() {
		defer func() {
			if got := recover(); got != "mine" {
				t.Errorf("got panic %v", got)
			}
		}()
		s.Push(panicking{})
	}()
	s.Push(&hook{1, "a"}) // nothing is locked
	s.Free()
}

type panicking struct{}

func (panicking) Key() blackbox.Key { return blackbox.Key{Code: 99} }
func (panicking) String() string    { panic("mine") }

func TestThereAreSlotsForAllInvocationsAtOnce(t *testing.T) {
	file := create(t)
	box := open(t)
	var slots []*blackbox.Slot
	for range blackbox.Slots {
		s := box.Begin("id", blackbox.Handler)
		if s == nil {
			t.Fatalf("got %d slots, want %d", len(slots), blackbox.Slots)
		}
		s.Push(&hook{1, "a"})
		slots = append(slots, s)
	}
	if s := box.Begin("one too many", blackbox.Handler); s != nil {
		t.Error("got a slot more than there are")
	}
	if report, _ := blackbox.Parse(file.Content()); len(report.Lost) != blackbox.Slots {
		t.Errorf("got %d invocations, want %d", len(report.Lost), blackbox.Slots)
	}
	for _, s := range slots {
		s.Free()
	}
	if report, _ := blackbox.Parse(file.Content()); len(report.Lost) != 0 {
		t.Errorf("got %+v, want nothing lost", report.Lost)
	}
	s := box.Begin("again", blackbox.Hooks)
	s.Push(&hook{2, "b"})
	report, _ := blackbox.Parse(file.Content())
	if len(report.Lost) != 1 || report.Lost[0].RequestID != "again" ||
		!slices.Equal(report.Lost[0].WaitNames, []string{"b"}) {
		t.Errorf("got %+v", report.Lost)
	}
}

func TestNotesAllocateNothing(t *testing.T) {
	create(t)
	box := open(t)
	var a, b blackbox.Hook = &hook{1, "a"}, &hook{2, "b"}
	invocation := func() {
		s := box.Begin("8476a536-e9f4-11e8-9739-2dfe598c3fcd", blackbox.Handler)
		s.Push(a)
		place := s.Go(b)
		s.SetPhase(blackbox.Hooks)
		s.Pop()
		s.Done()
		s.GoDone(place)
		s.Free()
		box.Count(blackbox.Counters{Invocations: 1})
	}
	for range blackbox.Slots { // each slot has a stack of its own
		invocation()
	}
	if got := testing.AllocsPerRun(100, invocation); got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}
