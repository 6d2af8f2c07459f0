// Command tamper is an extension beside the layer's, which does to the file of the
// black box what TAMPER names, once: before the function starts, or, if it ends in
// -later, when the function asks for it. The function has removed the file's name by
// then, but this process still has the file open.
package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"example.com/postinvoke/internal/extensionsapi"
)

func main() {
	kind := os.Getenv("TAMPER")
	var file *os.File
	if !tampered() {
		path := filepath.Join(os.TempDir(), "postinvoke-blackbox")
		file = await(path)
		if before := beforeStart[kind]; before != nil {
			must(before(path, file))
			must(os.WriteFile(mark(), nil, 0o600))
		}
	}
	api := extensionsapi.New(os.Getenv("AWS_LAMBDA_RUNTIME_API"), filepath.Base(os.Args[0]))
	must(api.Register(5*time.Second, "INVOKE", "SHUTDOWN"))
	for {
		event, err := api.Next()
		must(err)
		if event.Type == "SHUTDOWN" {
			return
		}
		if later := whileUsed[kind]; later != nil && !tampered() {
			awaitStat(filepath.Join(os.TempDir(), "tamper"))
			must(later(file))
			must(os.WriteFile(mark(), nil, 0o600))
		}
	}
}

// mark is a file that exists when it is done: /tmp outlives a reset.
func mark() string { return filepath.Join(os.TempDir(), "tampered") }

func tampered() bool {
	_, err := os.Stat(mark())
	return err == nil
}

// await opens the file, which the extension makes before it registers.
func await(path string) *os.File {
	for {
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			time.Sleep(time.Millisecond)
			continue
		}
		must(err)
		if info, err := file.Stat(); err == nil && info.Size() > 0 { // it is written in one go
			return file
		}
		file.Close()
	}
}

// awaitStat returns when there is a file of that name.
func awaitStat(name string) {
	for {
		if _, err := os.Stat(name); err == nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// beforeStart is what happens before the function starts.
var beforeStart = map[string]func(path string, file *os.File) error{
	"delete":   func(path string, _ *os.File) error { return os.Remove(path) },
	"truncate": func(_ string, file *os.File) error { return file.Truncate(100) },
	"grow":     func(_ string, file *os.File) error { return file.Truncate(1 << 20) },
	"lock":     func(_ string, file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX) },
	"garble":   func(_ string, file *os.File) error { return overwrite(file, 0) },
	"version": func(_ string, file *os.File) error {
		content := make([]byte, 64)
		if _, err := file.ReadAt(content, 0); err != nil {
			return err
		}
		_, err := file.WriteAt(bytes.Replace(content, []byte("version 1"), []byte("version 2"), 1), 0)
		return err
	},
	"folder": func(path string, _ *os.File) error {
		return errors.Join(os.Remove(path), os.MkdirAll(filepath.Join(path, "not", "empty"), 0o755))
	},
	"pipe": func(path string, _ *os.File) error {
		return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600))
	},
	"link": func(path string, _ *os.File) error {
		return errors.Join(os.Rename(path, path+"-target"), os.Symlink(path+"-target", path))
	},
}

// whileUsed is what happens while the function uses the file.
var whileUsed = map[string]func(file *os.File) error{
	"truncate-later": func(file *os.File) error { return file.Truncate(0) },
	"garble-later":   func(file *os.File) error { return overwrite(file, 32) },
}

// overwrite writes random bytes into the file, from an offset to its end.
func overwrite(file *os.File, from int64) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	random := make([]byte, info.Size()-from)
	rand.Read(random)
	_, err = file.WriteAt(random, from)
	return err
}
