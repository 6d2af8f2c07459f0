package postinvokecdk_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/infra/postinvokecdk"
	"example.com/postinvoke/internal/checkout"
	"example.com/postinvoke/internal/pages"
)

// publish makes a module proxy of this checkout. It returns the version, and the
// variables with which the go command asks the proxy. It removes the version from
// the module cache after the test.
func publish(t *testing.T, root string) (version string, env []string) {
	t.Helper()
	proxy := t.TempDir()
	version, err := checkout.Proxy(root, proxy, postinvokecdk.Module)
	if err != nil {
		t.Fatal(err)
	}
	cache := strings.TrimSpace(pages.Run(t, root, "go env GOMODCACHE"))
	t.Cleanup(func() { unpublish(cache, version) })
	others := strings.TrimSpace(pages.Run(t, root, "go env GOPROXY"))
	return version, []string{
		"GOPROXY=file://" + filepath.ToSlash(proxy) + "," + others,
		"GONOSUMDB=" + postinvokecdk.Module, "GOFLAGS=-mod=mod",
	}
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
