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

// place moves files, each from its value to the path that its key is in the
// folder dir, each in one step, and makes them the only ones there. Another
// process may be doing the same, or be reading the folder: so it stays where it
// is, and only what does not belong goes.
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

// placeFile moves a file to path, below dir.
//
// Modes are not the umask's business: the asset hash does not cover them, so a
// wrong one would stay wrong in the account. Whoever packs the asset reads the
// folders.
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
