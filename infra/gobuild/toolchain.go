package gobuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Go runs the go command in the folder dir, empty for the current one, and
// returns what it printed. It runs as for [Build]: no Go setting of the user
// that could change the answer is in force, go.work files among them.
//
// Where the command fails, the error is an [*exec.ExitError] with its words.
func Go(ctx context.Context, dir string, args ...string) ([]byte, error) {
	env, err := environment(ctx, dir)
	if err != nil {
		return nil, err
	}
	return output(ctx, dir, env, args...)
}

func output(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.Output()
	if missing := notInstalled(err); missing != nil {
		return nil, missing
	}
	return out, err
}

// kept are the Go settings that say where things are and whom to ask for them.
// Every other one may change what is built, so the user's is not used.
var kept = []string{
	"GOAUTH", "GOCACHE", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOPATH",
	"GOPRIVATE", "GOPROXY", "GOSUMDB", "GOTMPDIR", "GOTOOLCHAIN", "GOVCS",
}

// environment returns the variables under which go runs in dir: the user's,
// less all that speak to the Go toolchain, plus the settings kept, from
// wherever the user has set them.
func environment(ctx context.Context, dir string) ([]string, error) {
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
	var settings map[string]string
	if err := json.Unmarshal(out, &settings); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	for _, name := range kept {
		env = append(env, name+"="+settings[name])
	}
	return append(env,
		"GOENV=off", // an empty variable would not win over go env -w
		"CGO_ENABLED=0", "GOWORK=off", "GO111MODULE=on", "GOFIPS140=off",
	), nil
}

// target are the variables that choose what Build makes.
func target(arch string) []string {
	// The oldest processors that Lambda may run on.
	return []string{"GOOS=linux", "GOARCH=" + arch, "GOAMD64=v1", "GOARM64=v8.0"}
}

// changesBuild reports whether a variable of this name is one that the Go
// toolchain reads and that is not among those kept.
func changesBuild(name string) bool {
	if slices.Contains(kept, name) || name == "GOENV" || name == "GOROOT" {
		return false
	}
	return strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO_")
}

// notInstalled returns the sentence for a machine without Go, or nil if err is
// something else.
func notInstalled(err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return errors.New("the go command was not found: install Go 1.26 or later (https://go.dev/dl) and put it on the PATH")
	}
	return nil
}
