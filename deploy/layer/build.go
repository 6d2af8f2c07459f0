package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"

	"example.com/postinvoke/infra/gobuild"
)

// Module is the Go module of the library and the extension.
const Module = "example.com/postinvoke"

// Where Lambda looks for an extension in a layer, and for the program of a
// function on an OS-only runtime.
const (
	extensionFile = "extensions/postinvoke"
	functionFile  = "bootstrap"
)

// architectures are Go's names, by those of Lambda.
var architectures = map[string]string{"arm64": gobuild.ARM64, "x86_64": gobuild.AMD64}

// source is what the extension is built from.
type source struct {
	extension *gobuild.Dependency
	version   string // of the module, for people to read
	goVersion string
}

// findExtension finds the module as the go command does in the current folder: in
// this checkout, a replacement, a vendor folder or the module cache. Outside of a
// module that requires it, it downloads the version of this command itself.
func findExtension(ctx context.Context) (source, error) {
	const path = Module + "/extension"
	extension, err := gobuild.Program{}.Find(ctx, path)
	version := ""
	var missing *gobuild.NotFoundError
	if errors.As(err, &missing) {
		if version = ownVersion(); version == "" {
			return source{}, fmt.Errorf("the current folder is not in a module that requires %s, which has the extension: %s",
				Module, missing.Words)
		}
		var module struct{ Dir string }
		out, downloaded := exec.CommandContext(ctx, "go", "mod", "download", "-json", Module+"@"+version).Output()
		if err := errors.Join(downloaded, json.Unmarshal(out, &module)); err != nil {
			return source{}, fmt.Errorf("download %s@%s: %w", Module, version, err)
		}
		extension, err = gobuild.Program{Dir: module.Dir}.Find(ctx, path)
	}
	if err != nil {
		return source{}, err
	}
	// The go.mod of the module may select another Go than that of the current folder.
	goVersion := exec.CommandContext(ctx, "go", "env", "GOVERSION")
	goVersion.Dir = extension.Dir
	v, err := goVersion.Output()
	version = cmp.Or(version, extension.Version, "built from source")
	return source{extension, version, strings.TrimSpace(string(v))}, err
}

// ownVersion is the version of this command. It is empty if the command was not built
// from a published version.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path != Module || info.Main.Version == "(devel)" {
		return ""
	}
	return info.Main.Version
}

// build writes the content of the layer, and of the function if one is given, for
// each architecture into folders of dir.
func (o options) build(ctx context.Context, s source, dir string) error {
	for _, arch := range o.architectures {
		program := gobuild.Program{Arch: architectures[arch]}
		if err := s.extension.Build(ctx, program, filepath.Join(dir, arch, "layer"), extensionFile); err != nil {
			return err
		}
		if o.function == "" {
			continue
		}
		program.Dir = o.function
		if err := gobuild.Build(ctx, program, filepath.Join(dir, arch, "function"), functionFile); err != nil {
			return err
		}
	}
	return nil
}
