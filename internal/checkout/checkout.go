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
	"path/filepath"
	"slices"
	"strings"
)

// made are folders that tools make, and that of git.
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

// Copy copies the files below root to the folder dir.
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

// Proxy makes the folder dir a module proxy, for GOPROXY=file://dir, that has the
// module at root in one version. It returns that version, which depends on the
// content: the go command assumes that a version never changes.
func Proxy(root, dir, module string) (version string, err error) {
	files, err := moduleFiles(root)
	if err != nil {
		return "", err
	}
	content := map[string][]byte{}
	sum := sha256.New()
	for _, name := range files {
		if content[name], err = os.ReadFile(filepath.Join(root, name)); err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(content[name]), content[name])
	}
	version = fmt.Sprintf("v0.0.1-test.h%x", sum.Sum(nil)[:6])
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, name := range files {
		// Not compressed: under the race detector that takes seconds.
		w, err := z.CreateHeader(&zip.FileHeader{Name: module + "@" + version + "/" + filepath.ToSlash(name)})
		if err == nil {
			_, err = w.Write(content[name])
		}
		if err != nil {
			return "", err
		}
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
	if err != nil {
		return nil, err
	}
	var others []string
	for _, name := range files {
		if dir, file := filepath.Split(name); file == "go.mod" && dir != "" {
			others = append(others, dir)
		}
	}
	return slices.DeleteFunc(files, func(name string) bool {
		return slices.ContainsFunc(others, func(dir string) bool { return strings.HasPrefix(name, dir) })
	}), nil
}
