//go:build unix

package blackbox_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/postinvoke/internal/blackbox"
)

func TestWithoutAFileThereIsNoBoxAndNoError(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	box, err := blackbox.Open(nil)
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
	if box, err := blackbox.Open(nil); box != nil || err != nil {
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
		"a pipe":        {func(t *testing.T, path string) error { return syscall.Mkfifo(path, 0o600) }, "not a black box"},
		"an empty file": {func(t *testing.T, path string) error { return os.WriteFile(path, nil, 0o600) }, "not a black box"},
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
			box, err := blackbox.Open(nil)
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
