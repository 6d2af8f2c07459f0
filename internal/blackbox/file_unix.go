//go:build unix

package blackbox

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"
)

// A File is the extension's side of the file.
type File struct{ f *os.File }

// Create creates the file. It replaces one that is left from before a reset of the
// execution environment, and follows no link.
func Create() (*File, error) {
	name := path()
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	// All bytes are written: the function, which maps the file, must not need
	// another block when the disk is full.
	content := make([]byte, fileSize)
	copy(content, magic)
	if _, err := f.Write(content); err != nil {
		os.Remove(name)
		f.Close()
		return nil, err
	}
	return &File{f}, nil
}

// ErrInUse is returned by Read while the function process runs.
var ErrInUse = errors.New("the function process has not ended")

// Read waits until the function process has ended, and then reads the file. After
// the deadline it returns ErrInUse. It returns false if no function has used the
// file, or if the file is damaged.
func (b *File) Read(deadline time.Time) (Report, bool, error) {
	if err := b.waitForLock(deadline); err != nil {
		return Report{}, false, err
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

// waitForLock waits until the function process has released its lock, as the
// kernel does when the process ends.
func (b *File) waitForLock(deadline time.Time) error {
	for {
		err := syscall.Flock(int(b.f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return os.NewSyscallError("flock", err)
		case !time.Now().Before(deadline):
			return ErrInUse
		}
		// Lambda ends the function before it sends SHUTDOWN to extensions. Some
		// emulators end both at once.
		time.Sleep(5 * time.Millisecond)
	}
}

// errNone means that there is no file, because the function has no layer.
var errNone = errors.New("no black box")

// open maps the file for the function, and removes its name, so that no process
// that does not have it open can truncate it. An error other than errNone is about
// a file that exists.
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
