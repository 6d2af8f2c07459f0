package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// unpackExtensions returns the executables of somebody else's extensions, which
// are files or layers: ZIP archives, out of which what is in extensions/ is
// unpacked into tmp. The other files of a layer, which would be in /opt on
// Lambda, are unpacked beside it.
func unpackExtensions(names []string, tmp string) (executables []string, err error) {
	for i, name := range names {
		archive, err := zip.OpenReader(name)
		switch {
		case errors.Is(err, zip.ErrFormat):
			executables = append(executables, name)
			continue
		case err != nil:
			return nil, usagef("-extension %s: %v", name, reason(err))
		}
		found, err := unpackLayer(&archive.Reader, filepath.Join(tmp, fmt.Sprint("layer", i)))
		archive.Close()
		if err != nil {
			return nil, fmt.Errorf("unpack %s: %w", name, err)
		}
		if len(found) == 0 {
			return nil, usagef("-extension %s: a layer without a file in extensions/", name)
		}
		executables = append(executables, found...)
	}
	return executables, nil
}

func unpackLayer(layer *zip.Reader, dir string) (executables []string, err error) {
	for _, f := range layer.File {
		if f.FileInfo().IsDir() {
			continue
		}
		if !filepath.IsLocal(f.Name) {
			return nil, fmt.Errorf("%q is a path out of the archive", f.Name)
		}
		to := filepath.Join(dir, f.Name)
		if err := unpackFile(f, to); err != nil {
			return nil, err
		}
		if path.Dir(strings.TrimPrefix(f.Name, "./")) == "extensions" {
			executables = append(executables, to)
		}
	}
	return executables, nil
}

// unpackFile makes the file executable, which an archive made on Windows does not say.
func unpackFile(f *zip.File, to string) (err error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	from, err := f.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fs.FileMode(0o755))
	if err != nil {
		return err
	}
	_, err = io.Copy(out, from)
	return errors.Join(err, out.Close())
}
