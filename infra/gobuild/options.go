package gobuild

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Options are settings of a build. The same source and options give the same bytes
// everywhere.
type Options struct {
	// Tags are build tags. lambda.norpc, which leaves the RPC server out of
	// aws-lambda-go, is always set for Lambda.
	Tags []string

	// Ldflags are flags for the linker, such as "-X main.version=1.2.3". For
	// Lambda they follow "-s -w -buildid=": "-s=false -w=false" keeps the symbols.
	Ldflags string

	// Environment has further variables for the go command, such as GOEXPERIMENT,
	// GOFLAGS or GOPRIVATE. GOOS, GOARCH and CGO_ENABLED are refused.
	Environment map[string]string

	// Files are further files of the asset. Each key is the path within the
	// asset, with slashes, and each value the file or folder that is copied there.
	Files map[string]string
}

// check refuses options that contradict the rest of the program, whose path in
// the asset is file.
func (p Program) check(file string) error {
	for _, name := range slices.Sorted(maps.Keys(p.Environment)) {
		switch {
		case name == "CGO_ENABLED" && p.Environment[name] != "0":
			return fmt.Errorf("the environment for the build of %s sets CGO_ENABLED=%s, but programs are built without cgo: "+
				"build the executable yourself and give that", p.Dir, p.Environment[name])
		case name == "GOOS", name == "GOARCH":
			return fmt.Errorf("the environment for the build of %s sets %s: the architecture decides on it, leave it "+
				"out", p.Dir, name)
		}
	}
	for _, to := range slices.Sorted(maps.Keys(p.Files)) {
		clean := filepath.Clean(filepath.FromSlash(to))
		switch {
		case !filepath.IsLocal(clean) || clean == ".":
			return fmt.Errorf("the further file %q is not within the asset: give a relative path that stays in it", to)
		case clean == filepath.FromSlash(file):
			return fmt.Errorf("the further file %q would replace the program: give it another path", to)
		}
	}
	return nil
}

// copyFiles copies files and folders below the folder scratch, and returns
// where each regular file is, by its path within the asset.
func copyFiles(files map[string]string, scratch string) (map[string]string, error) {
	copied := map[string]string{}
	for _, to := range slices.Sorted(maps.Keys(files)) {
		from := files[to]
		err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return fmt.Errorf("there is no %s to put into the asset as %s", path, to)
			case err != nil:
				return err
			case entry.IsDir():
				return nil
			}
			// Stat, because a link is copied as the file that it leads to.
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			if !info.Mode().IsRegular() {
				return fmt.Errorf("%s cannot be put into the asset: it is not a regular file", path)
			}
			below, err := filepath.Rel(from, path)
			if err != nil {
				return err
			}
			name := filepath.Join(filepath.FromSlash(to), below)
			copied[name] = filepath.Join(scratch, name)
			return copyFile(path, copied[name], info.Mode())
		})
		if err != nil {
			return nil, err
		}
	}
	return copied, nil
}

// copyFile copies a file with its mode, which place makes the same for everybody.
func copyFile(from, to string, mode fs.FileMode) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, mode)
}
