// Package checkout tells the files of this checkout from those that tools have
// put there.
package checkout

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// made are the folders that tools make, and git's own.
var made = []string{".git", "node_modules", "build", "dist", "cdk.out", ".terraform", ".aws-sam"}

// Files returns the paths, relative to root, of the files below it.
func Files(root string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && slices.Contains(made, entry.Name()):
			return fs.SkipDir
		case entry.Type().IsRegular() && entry.Name() != ".git": // a file in a git worktree
			name, err := filepath.Rel(root, path)
			files = append(files, name)
			return err
		}
		return nil
	})
	return files, err
}

// Copy copies them to the folder dir.
func Copy(root, dir string) error {
	files, err := Files(root)
	if err != nil {
		return err
	}
	for _, name := range files {
		from, to := filepath.Join(root, name), filepath.Join(dir, name)
		info, err := os.Stat(from)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, data, info.Mode()); err != nil {
			return err
		}
	}
	return nil
}
