package gobuild

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// place moves binary to the path file in the folder dir, in one step, and makes
// it the only one there. Another process may be doing the same, or be reading
// the folder: so it stays where it is, and only what does not belong goes.
func place(binary, dir, file string) error {
	path := filepath.Join(dir, file)
	err := filepath.WalkDir(dir, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // there is no folder yet, or another process was faster
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(path, at+string(filepath.Separator)), entry.Type().IsRegular() && at == path:
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
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	// Not the umask's business: the asset hash does not cover the modes, so a
	// wrong one would stay wrong in the account. Whoever packs the asset reads
	// the folders.
	if err := os.Chmod(binary, 0o755); err != nil {
		return err
	}
	for at := filepath.Dir(path); len(at) >= len(dir); at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			return err
		}
	}
	return os.Rename(binary, path)
}
