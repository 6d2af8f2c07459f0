package local

import (
	"archive/zip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Extensions are the files of other extensions: executables, or layers as ZIP
// archives. They are a flag that can be repeated.
type Extensions []string

func (e *Extensions) String() string { return "" }

// Set is part of [flag.Value].
func (e *Extensions) Set(s string) error {
	if _, err := os.Stat(s); err != nil {
		return errors.Unwrap(err)
	}
	*e = append(*e, s)
	return nil
}

// unpack returns the executables. Of a layer what is in extensions/ is run; its
// other files, which would be in /opt on Lambda, are unpacked beside it.
func (e Extensions) unpack(tmp string) (executables []string, err error) {
	for i, name := range e {
		archive, err := zip.OpenReader(name)
		switch {
		case errors.Is(err, zip.ErrFormat):
			executables = append(executables, name)
			continue
		case err != nil:
			return nil, flagErrorf("-extension %s: %v", name, err)
		}
		dir := filepath.Join(tmp, fmt.Sprint("layer", i))
		err = unpackArchive(archive, dir)
		archive.Close()
		if err != nil {
			return nil, fmt.Errorf("unpack %s: %w", name, err)
		}
		found, err := filepath.Glob(filepath.Join(dir, "extensions", "*"))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, flagErrorf("-extension %s: a layer without a file in extensions/", name)
		}
		executables = append(executables, found...)
	}
	return executables, nil
}

// unpackArchive makes every file executable, as an archive made on Windows does not say
// which are. No path leads out of the archive: package zip sees to that.
func unpackArchive(archive fs.FS, dir string) error {
	return fs.WalkDir(archive, ".", func(path string, d fs.DirEntry, err error) error {
		to := filepath.Join(dir, path)
		if err != nil || d.IsDir() {
			return errors.Join(err, os.MkdirAll(to, 0o755))
		}
		b, err := fs.ReadFile(archive, path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o755)
	})
}
