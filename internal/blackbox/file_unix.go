//go:build unix

package blackbox

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"
)

// A File is the file as the extension has it.
type File struct{ f *os.File }

// Create makes the file, empty, in place of one that is left from before a
// reset of the execution environment. It follows no link.
func Create() (*File, error) {
	name := path()
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	// All bytes are written, so that the function, which maps the file, never
	// needs a block of a disk that is full by then.
	content := make([]byte, fileSize)
	copy(content, magic)
	if _, err := f.Write(content); err != nil {
		os.Remove(name)
		f.Close()
		return nil, err
	}
	return &File{f}, nil
}

// ErrInUse reports that the function process has not ended.
var ErrInUse = errors.New("the function process has not ended")

// Read reads what the function has noted, when its process has ended. It waits
// for that until the deadline, and then returns ErrInUse. It reports false if no
// function has used the file, or if the file is damaged.
func (b *File) Read(deadline time.Time) (Report, bool, error) {
	for {
		err := syscall.Flock(int(b.f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return Report{}, false, os.NewSyscallError("flock", err)
		}
		if !time.Now().Before(deadline) {
			return Report{}, false, ErrInUse
		}
		// On Lambda the process has ended before the extension is told
		// SHUTDOWN: this is for emulators that end both at once.
		time.Sleep(5 * time.Millisecond)
	}
	content := make([]byte, fileSize)
	if _, err := b.f.ReadAt(content, 0); err != nil {
		if errors.Is(err, io.EOF) {
			err = nil // truncated
		}
		return Report{}, false, err
	}
	report, ok := parse(content)
	return report, ok, nil
}

// errNone reports that there is no file: the function has no layer.
var errNone = errors.New("no black box")

// open maps the file for the function, and removes its name: nobody who does not
// have it open can truncate it any more. An error other than errNone says why a
// file that is there cannot be used.
func open() (mapped []byte, f *os.File, err error) {
	name := path()
	f, err = os.OpenFile(name, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, errNone
	}
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
			err = &os.PathError{Op: "use", Path: name, Err: err}
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	head := make([]byte, slotsAt)
	if _, err := f.ReadAt(head, 0); !info.Mode().IsRegular() || info.Size() != fileSize || err != nil ||
		string(head[:len(magic)]) != magic {
		return nil, nil, errors.New("not a black box of this version: use library and layer of the same version")
	}
	if _, used := readCounters(head); used {
		return nil, nil, errors.New("it was used by another process")
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, nil, os.NewSyscallError("flock", err)
	}
	if err := os.Remove(name); err != nil {
		return nil, nil, err
	}
	mapped, err = syscall.Mmap(int(f.Fd()), 0, fileSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return mapped, f, nil
}
