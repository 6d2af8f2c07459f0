// Package checkout lists, copies and publishes the files of this checkout, without
// those that tools have put there.
package checkout

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// made are folders that tools make, and that of git, which is a file in a worktree.
var made = []string{".git", "node_modules", "build", "dist", "cdk.out", ".terraform", ".aws-sam"}

// A tree is a folder without them.
type tree struct{ fs.FS }

func (t tree) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(t.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return slices.Contains(made, e.Name()) }), err
}

// Files returns the paths, relative to root, of the files below it.
func Files(root string) ([]string, error) {
	var files []string
	err := fs.WalkDir(tree{os.DirFS(root)}, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, filepath.FromSlash(name))
		}
		return err
	})
	return files, err
}

// Copy copies the files below root to the folder dir.
func Copy(root, dir string) error { return os.CopyFS(dir, tree{os.DirFS(root)}) }

// Proxy makes the folder dir a module proxy, for GOPROXY=file://dir, that has the
// module at root in one version. It returns that version, which depends on the
// content: the go command assumes that a version never changes.
func Proxy(root, dir, module string) (version string, err error) {
	names, err := moduleFiles(root)
	if err != nil {
		return "", err
	}
	content := map[string][]byte{}
	sum := sha256.New()
	for _, name := range names {
		if content[name], err = os.ReadFile(filepath.Join(root, name)); err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(content[name]), content[name])
	}
	version = fmt.Sprintf("v0.0.1-test.h%x", sum.Sum(nil)[:6])
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, name := range names {
		// Not compressed: under the race detector that takes seconds.
		w, err := z.CreateHeader(&zip.FileHeader{Name: path.Join(module+"@"+version, filepath.ToSlash(name))})
		if err != nil {
			return "", err
		}
		w.Write(content[name]) // a bytes.Buffer returns no error
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	versions := filepath.Join(dir, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(versions, 0o755); err != nil {
		return "", err
	}
	for name, data := range map[string][]byte{
		"list":            []byte(version + "\n"),
		version + ".info": []byte(`{"Version":"` + version + `","Time":"2026-11-22T18:00:00Z"}`),
		version + ".mod":  content["go.mod"],
		version + ".zip":  packed.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(versions, name), data, 0o644); err != nil {
			return "", err
		}
	}
	return version, nil
}

// moduleFiles are the files of the module at root, without those of modules in
// folders below it.
func moduleFiles(root string) ([]string, error) {
	files, err := Files(root)
	inAnother := func(name string) bool {
		for dir := filepath.Dir(name); dir != "."; dir = filepath.Dir(dir) {
			if slices.Contains(files, filepath.Join(dir, "go.mod")) {
				return true
			}
		}
		return false
	}
	return slices.DeleteFunc(slices.Clone(files), inAnother), err
}
