package postinvokecdk_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/infra/postinvokecdk"
)

// publish makes a module proxy in a folder that offers this checkout as a
// version of the module. It returns the version, and the variables under which
// the go command asks the proxy. What that leaves in the module cache is
// removed after the test.
func publish(t *testing.T, root string) (version string, env []string) {
	t.Helper()
	files := moduleFiles(t, root)
	// The go command takes a version of a module for the same for ever, also
	// when it is gone from the module cache.
	content := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(content, "%s %d\n%s", name, len(files[name]), files[name])
	}
	version = fmt.Sprintf("v0.0.1-test.h%x", content.Sum(nil)[:6])

	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for name, data := range files {
		w, err := z.Create(postinvokecdk.Module + "@" + version + "/" + filepath.ToSlash(name))
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}

	proxy := t.TempDir()
	versions := filepath.Join(proxy, postinvokecdk.Module, "@v")
	if err := os.MkdirAll(versions, 0o755); err != nil {
		t.Fatal(err)
	}
	for ext, data := range map[string][]byte{
		"info": []byte(`{"Version":"` + version + `","Time":"2026-11-22T18:00:00Z"}`),
		"mod":  files["go.mod"],
		"zip":  packed.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(versions, version+"."+ext), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cache := strings.TrimSpace(command(t, root, nil, "go", "env", "GOMODCACHE"))
	t.Cleanup(func() { unpublish(cache, version) })
	others := strings.TrimSpace(command(t, root, nil, "go", "env", "GOPROXY"))
	return version, []string{"GOPROXY=file://" + filepath.ToSlash(proxy) + "," + others, "GONOSUMDB=" + postinvokecdk.Module, "GOFLAGS=-mod=mod"}
}

// unpublish removes a version of the module from the module cache.
func unpublish(cache, version string) {
	downloaded, _ := filepath.Glob(filepath.Join(cache, "cache", "download", postinvokecdk.Module, "@v", version+".*"))
	extracted := filepath.Join(cache, postinvokecdk.Module+"@"+version)
	filepath.WalkDir(extracted, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			os.Chmod(path, 0o755) // the cache is read-only
		}
		return nil
	})
	for _, path := range append(downloaded, extracted) {
		os.RemoveAll(path)
	}
}

// moduleFiles are the files of this checkout that a published module needs.
func moduleFiles(t *testing.T, root string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{"go.mod": nil, "go.sum": nil}
	for _, folder := range []string{"extension", "infra", "internal", "postinvoke", "record"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "testdata":
				return fs.SkipDir
			case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
				name, err := filepath.Rel(root, path)
				files[name] = nil
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range files {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	return files
}
