package gobuild

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// place moves each file from its value to its key, a path in the folder dir, and
// removes all other files there. Another process may do the same, or read the
// folder, at the same time: each file is replaced in one step, and the folder stays.
func place(files map[string]string, dir string) error {
	belongs := func(at string, entry fs.DirEntry) bool {
		name, err := filepath.Rel(dir, at)
		if err != nil {
			return false
		}
		if entry.IsDir() {
			return name == "." || slices.ContainsFunc(slices.Collect(maps.Keys(files)), func(file string) bool {
				return strings.HasPrefix(file, name+string(filepath.Separator))
			})
		}
		_, wanted := files[name]
		return wanted && entry.Type().IsRegular()
	}
	err := filepath.WalkDir(dir, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // there is no folder yet, or another process was faster
		case err != nil:
			return err
		case belongs(at, entry):
			return nil
		}
		if err := os.RemoveAll(at); err != nil {
			return err
		}
		if entry.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		return err
	}
	for name, file := range files {
		if err := placeFile(file, dir, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// placeFile moves a file to path, below dir. It sets the modes of the file and of
// its folders, regardless of the umask: the asset hash does not cover them, so that a
// wrong one would stay in the account.
func placeFile(file, dir, path string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Chmod(file, mode); err != nil {
		return err
	}
	for at := filepath.Dir(path); len(at) >= len(dir); at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			return err
		}
	}
	return os.Rename(file, path)
}
