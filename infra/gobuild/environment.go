package gobuild

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// kept are the Go settings that say where things are and whom to ask for them.
// Every other one may change what is built, so the user's is not used.
var kept = []string{
	"GOAUTH", "GOCACHE", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOPATH",
	"GOPRIVATE", "GOPROXY", "GOSUMDB", "GOTMPDIR", "GOTOOLCHAIN", "GOVCS",
}

// environment returns the variables under which p is built: the user's, less
// all that speak to the Go toolchain, plus the settings kept, from wherever the
// user has set them, plus those that choose the output.
func environment(ctx context.Context, p Program) ([]string, error) {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return changesBuild(name)
	})

	cmd := exec.CommandContext(ctx, "go", append([]string{"env", "-json"}, kept...)...)
	cmd.Dir, cmd.Env = p.Dir, env
	out, err := cmd.Output()
	if err != nil {
		if missing := notInstalled(err); missing != nil {
			return nil, missing
		}
		return nil, fmt.Errorf("go env: %w", err)
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
		"GOOS=linux", "GOARCH="+p.Arch,
		// The oldest processors that Lambda may run on.
		"GOAMD64=v1", "GOARM64=v8.0",
		"CGO_ENABLED=0", "GOWORK=off", "GO111MODULE=on", "GOFIPS140=off",
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
