package lambdaenvtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Build compiles a command and returns the path of the executable, which is
// called like the folder of the package. It is fatal if that fails.
//
// pkg is a folder: absolute, relative to the test's own if it begins with a
// dot ("./testdata/echo"), else relative to the root of the module
// ("extension"). flags are passed to go build. With the race detector on in
// the test it is on in the executable.
//
// A package is built once per test process and flags. The executables are
// removed with the test binary, by the go command; those of a binary made with
// go test -c stay in the folder for temporary files.
func Build(t testing.TB, pkg string, flags ...string) string {
	t.Helper()
	dir, err := packageDir(pkg)
	if err != nil {
		t.Fatalf("lambdaenvtest: build %s: %v", pkg, err)
	}
	if raceEnabled {
		flags = append([]string{"-race"}, flags...)
	}
	path, err := built(dir, flags)
	if err != nil {
		t.Fatalf("lambdaenvtest: build %s: %v", pkg, err)
	}
	return path
}

// Named returns the executable under another file name, which is that of an
// extension.
func Named(t testing.TB, executable, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(executable, path); err != nil {
		t.Fatalf("lambdaenvtest: %v", err)
	}
	return path
}

// raceEnabled reports whether this test was built with -race.
var raceEnabled = func() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}()

var builds sync.Map // of func() (string, error), by folder and flags

// built returns the executable, which it builds the first time.
func built(dir string, flags []string) (string, error) {
	key := dir + "\x00" + strings.Join(flags, "\x00")
	build, _ := builds.LoadOrStore(key, sync.OnceValues(func() (string, error) { return goBuild(dir, flags) }))
	return build.(func() (string, error))()
}

func goBuild(dir string, flags []string) (string, error) {
	root, err := binaries()
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp(root, "")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, filepath.Base(dir))
	// Without the tables for debuggers, linking takes two thirds of the time.
	args := append([]string{"build", "-o", path, "-ldflags=-w"}, flags...)
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%v: %w\n%s", cmd, err, out)
	}
	return path, nil
}

// binaries returns the folder for the executables of this test process. The
// folder of a test binary that go test made goes away with it.
var binaries = sync.OnceValues(func() (string, error) {
	self, err := os.Executable()
	if err == nil && strings.Contains(self, "go-build") {
		if dir, err := os.MkdirTemp(filepath.Dir(self), "lambdaenvtest-"); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", "lambdaenvtest-")
})

func packageDir(pkg string) (string, error) {
	if filepath.IsAbs(pkg) || strings.HasPrefix(pkg, ".") {
		return filepath.Abs(pkg)
	}
	root, err := moduleRoot()
	return filepath.Join(root, pkg), err
}

// moduleRoot returns the folder of the module whose test this is.
var moduleRoot = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	path := strings.TrimSpace(string(out))
	if path == "" || path == os.DevNull {
		return "", errors.New("no go.mod above the test")
	}
	return filepath.Dir(path), nil
})
