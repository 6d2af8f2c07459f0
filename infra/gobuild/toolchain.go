package gobuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
)

// output runs the go command in the folder dir and returns its standard output. If
// the command fails, the error is an [*exec.ExitError] with its standard error.
func output(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.Output()
	if missing := notInstalled(err); missing != nil {
		return nil, missing
	}
	return out, err
}

// kept are the Go settings about places, downloads, and source (GOWORK). A user's
// value of any other could change the build, and is ignored.
var kept = []string{
	"GOAUTH", "GOCACHE", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOPATH",
	"GOPRIVATE", "GOPROXY", "GOSUMDB", "GOTMPDIR", "GOTOOLCHAIN", "GOVCS", "GOWORK",
}

// environment returns the variables under which go runs for p.
func (p Program) environment(ctx context.Context) ([]string, error) {
	env := os.Environ()
	if !p.Host {
		var err error
		if env, err = settings(ctx, p.Dir); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Environment)) {
		env = append(env, name+"="+p.Environment[name])
	}
	if p.alone {
		env = append(env, "GOWORK=off")
	}
	return append(env, p.machine()...), nil
}

// machine are the variables that choose the machine that Build builds for.
func (p Program) machine() []string {
	oldest := []string{"GOAMD64=v1", "GOARM64=v8.0"} // processors that Lambda may run on
	if p.Host {
		return append(oldest, "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	}
	return append(oldest, "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+p.Arch)
}

// settings returns the user's variables in the folder dir, without those of the Go
// toolchain except the settings kept, which may come from go env -w, too.
func settings(ctx context.Context, dir string) ([]string, error) {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return changesBuild(name)
	})
	out, err := output(ctx, dir, env, append([]string{"env", "-json"}, kept...)...)
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed):
		return nil, fmt.Errorf("go env: %w: %s", err, strings.TrimSpace(string(failed.Stderr)))
	case err != nil:
		return nil, err
	}
	var values map[string]string
	if err := json.Unmarshal(out, &values); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	for _, name := range kept {
		env = append(env, name+"="+values[name])
	}
	return append(env,
		"GOENV=off", // an empty variable would not win over go env -w
		"GO111MODULE=on", "GOFIPS140=off",
	), nil
}

// changesBuild reports whether a variable of this name is one that the Go
// toolchain reads and that is not among those kept.
func changesBuild(name string) bool {
	if slices.Contains(kept, name) || name == "GOENV" || name == "GOROOT" {
		return false
	}
	return strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO_")
}

// notInstalled returns the error for a machine without Go, or nil if err is another
// one.
func notInstalled(err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return errors.New("the go command was not found: install Go 1.26 or later (https://go.dev/dl) and put it on the PATH")
	}
	return nil
}
