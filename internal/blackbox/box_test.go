//go:build unix

package blackbox_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

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
	box, err := blackbox.Open(debug.SetPanicOnFault, func(err error) { t.Errorf("lost: %v", err) })
	if err != nil || box == nil {
		t.Fatalf("got %v, %v, want a box", box, err)
	}
	t.Cleanup(func() { box.Close() })
	return box
}

func TestWithoutAFileThereIsNoBoxAndNoError(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	box, err := blackbox.Open(debug.SetPanicOnFault, nil)
	if box != nil || err != nil {
		t.Fatalf("got %v, %v, want neither", box, err)
	}
	// All notes can be taken all the same.
	box.Count(blackbox.Counters{Invocations: 1})
	for _, s := range []*blackbox.Slot{box.Begin("id", blackbox.Handler), box.Shutdown()} {
		s.Push(&hook{})
		s.Pop()
		s.Done()
		s.GoDone(s.Go(&hook{}))
		s.SetPhase(blackbox.Hooks)
		s.Drop()
		s.Free()
	}
}

func TestTheFileHasNoNameOnceItIsUsed(t *testing.T) {
	create(t)
	open(t)
	if _, err := os.Lstat(blackbox.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want no file", err)
	}
	if box, err := blackbox.Open(debug.SetPanicOnFault, nil); box != nil || err != nil {
		t.Errorf("a second process: got %v, %v, want neither", box, err)
	}
}

// What Open finds in the place of the file.
func TestAFileThatCannotBeUsedIsAnError(t *testing.T) {
	usable := func(t *testing.T) []byte { return create(t).Content() }
	tests := map[string]struct {
		replace func(t *testing.T, path string) error
		want    string
	}{
		"a folder": {func(t *testing.T, path string) error { return os.Mkdir(path, 0o700) }, "is a directory"},
		"a link": {func(t *testing.T, path string) error {
			return errors.Join(os.WriteFile(path+"2", usable(t), 0o600), os.Symlink(path+"2", path))
		}, "symbolic links"},
		"a pipe":          {func(t *testing.T, path string) error { return syscall.Mkfifo(path, 0o600) }, "not a black box"},
		"a device's like": {func(t *testing.T, path string) error { return os.WriteFile(path, nil, 0o600) }, "not a black box"},
		"zeros": {func(t *testing.T, path string) error {
			return os.WriteFile(path, make([]byte, blackbox.FileSize), 0o600)
		}, "not a black box"},
		"too short": {func(t *testing.T, path string) error {
			return os.WriteFile(path, usable(t)[:blackbox.FileSize-1], 0o600)
		}, "not a black box"},
		"too long": {func(t *testing.T, path string) error {
			return os.WriteFile(path, append(usable(t), 0), 0o600)
		}, "not a black box"},
		"another version": {func(t *testing.T, path string) error {
			content := usable(t)
			content[strings.Index(blackbox.Magic, "1")]++
			return os.WriteFile(path, content, 0o600)
		}, "use library and layer of the same version"},
		"a used one": {func(t *testing.T, path string) error {
			file := create(t)
			open(t)
			return os.WriteFile(path, file.Content(), 0o600)
		}, "used by another process"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), filepath.Base(blackbox.Path()))
			if err := test.replace(t, path); err != nil {
				t.Fatal(err)
			}
			t.Setenv("TMPDIR", filepath.Dir(path))
			box, err := blackbox.Open(debug.SetPanicOnFault, nil)
			if box != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %v, want an error with %q", box, err, test.want)
			}
			if _, err := os.Lstat(path); err != nil {
				t.Errorf("it was removed: %v", err)
			}
		})
	}
}

// What Create finds in the place of the file, as /tmp survives a reset.
func TestCreateReplacesWhatIsThere(t *testing.T) {
	victim := filepath.Join(t.TempDir(), "victim")
	tests := map[string]func(path string) error{
		"a file":             func(path string) error { return os.WriteFile(path, make([]byte, 1<<20), 0o400) },
		"a pipe":             func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a folder":           func(path string) error { return os.Mkdir(path, 0o700) },
		"a link":             func(path string) error { return os.Symlink(victim, path) },
		"a link to nothing":  func(path string) error { return os.Symlink(victim+"2", path) },
		"a link to a folder": func(path string) error { return os.Symlink("/", path) },
	}
	for name, put := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := put(blackbox.Path()); err != nil {
				t.Fatal(err)
			}
			if _, err := blackbox.Create(); err != nil {
				t.Fatal(err)
			}
			open(t)
			if content, err := os.ReadFile(victim); string(content) != "mine" {
				t.Errorf("the victim has %q, %v", content, err)
			}
			if _, err := os.Lstat(victim + "2"); err == nil {
				t.Error("a link was followed")
			}
		})
	}
}

func TestCreateReportsWhatItCannotReplace(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	if err := os.MkdirAll(filepath.Join(blackbox.Path(), "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := blackbox.Create(); err == nil {
		t.Error("got no error for a folder that is not empty")
	}
	t.Setenv("TMPDIR", "/nonexistent/folder")
	if _, err := blackbox.Create(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v for a folder that does not exist", err)
	}
}

func TestAFileOfAnEarlierResetSaysNothing(t *testing.T) {
	create(t)
	open(t).Begin("old", blackbox.Handler).Push(&hook{1, "old"})
	file, err := blackbox.Create()
	if err != nil {
		t.Fatal(err)
	}
	if report, used := blackbox.Parse(file.Content()); used {
		t.Errorf("before the function has started: got %+v", report)
	}
	open(t).Begin("new", blackbox.Handler).Push(&hook{2, "new"})
	report, _ := blackbox.Parse(file.Content())
	if len(report.Lost) != 1 || report.Lost[0].RequestID != "new" {
		t.Errorf("got %+v", report.Lost)
	}
}

func TestAFileInUseIsNotRead(t *testing.T) {
	file := create(t)
	box := open(t)
	box.Begin("id", blackbox.Handler).Push(&hook{1, "a"})
	if report, used, err := file.Read(time.Now()); used || !errors.Is(err, blackbox.ErrInUse) {
		t.Errorf("got %+v, %v, %v, want ErrInUse", report, used, err)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	if report, used, err := file.Read(time.Now()); !used || err != nil || len(report.Lost) != 1 {
		t.Errorf("got %+v, %v, %v, want one invocation", report, used, err)
	}
}

func TestATruncatedFileIsReadWithoutAnError(t *testing.T) {
	for _, size := range []int64{0, 1, 64, 4096, blackbox.FileSize - 1} {
		file := create(t)
		box := open(t)
		box.Begin("id", blackbox.Handler).Push(&hook{1, "a"})
		if err := errors.Join(box.Close(), file.Truncate(size)); err != nil {
			t.Fatal(err)
		}
		if report, used, err := file.Read(time.Now()); used || err != nil {
			t.Errorf("%d bytes: got %+v, %v, %v, want nothing", size, report, used, err)
		}
	}
}

// A store into a part of a mapping that has no file behind it ends a process
// with SIGBUS, unless care is taken.
func TestTruncationDisablesTheBoxWithOneReport(t *testing.T) {
	for name, size := range map[string]int64{"to nothing": 0, "to a page": 4096} {
		t.Run(name, func(t *testing.T) {
			file := create(t)
			var lost []error
			box, err := blackbox.Open(debug.SetPanicOnFault, func(err error) { lost = append(lost, err) })
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
				t.Error("faults are left to be panics")
			}
			if report, used := blackbox.Parse(file.Content()); used {
				t.Errorf("got %+v from a truncated file", report)
			}
		})
	}
}

// A panic of somebody else's code, such as a hook's String, is no lost file.
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
	if len(report.Lost) != 1 || report.Lost[0].RequestID != "again" || !slices.Equal(report.Lost[0].WaitNames, []string{"b"}) {
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
