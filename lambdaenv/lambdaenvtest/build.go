package lambdaenvtest

import (
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
	if raceEnabled {
		flags = append([]string{"-race"}, flags...)
	}
	dir := filepath.Join(moduleRoot(), pkg)
	if filepath.IsAbs(pkg) || strings.HasPrefix(pkg, ".") {
		dir, _ = filepath.Abs(pkg) // go build fails without a working directory, too
	}
	key := strings.Join(append(flags, dir), "\x00")
	build, _ := builds.LoadOrStore(key, sync.OnceValues(func() (string, error) { return goBuild(dir, flags) }))
	path, err := build.(func() (string, error))()
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

func goBuild(dir string, flags []string) (string, error) {
	root := "" // the folder for temporary files
	if self, err := os.Executable(); err == nil && strings.Contains(self, "go-build") {
		root = filepath.Dir(self) // which the go command removes
	}
	folder, err := os.MkdirTemp(root, "lambdaenvtest-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, filepath.Base(dir))
	// Without the tables for debuggers, linking takes two thirds of the time.
	args := slices.Concat([]string{"build", "-o", path, "-ldflags=-w"}, flags, []string{"."})
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%v: %w\n%s", cmd, err, out)
	}
	return path, nil
}

// moduleRoot is the folder of the module whose test this is.
var moduleRoot = sync.OnceValue(func() string {
	out, _ := exec.Command("go", "env", "GOMOD").Output() // without one the build fails
	return filepath.Dir(strings.TrimSpace(string(out)))
})
