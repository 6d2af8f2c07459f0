package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
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

// An architecture under Lambda's name and Go's.
type architecture struct{ name, goarch string }

var architectures = []architecture{{"arm64", gobuild.ARM64}, {"x86_64", gobuild.AMD64}}

func architectureNamed(name string) (architecture, error) {
	for _, arch := range architectures {
		if name == arch.name {
			return arch, nil
		}
	}
	return architecture{}, fmt.Errorf("architecture %q is not one of Lambda's: use arm64 or x86_64", name)
}

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

// unpack writes the contents of the layer, and of the function if one is given, into
// folders.
func (o options) unpack(ctx context.Context, s source, arch architecture) error {
	folder := filepath.Join(o.out, arch.name)
	program := gobuild.Program{Arch: arch.goarch}
	if err := s.extension.Build(ctx, program, filepath.Join(folder, "layer"), extensionFile); err != nil {
		return err
	}
	if o.function == "" {
		return nil
	}
	function := gobuild.Program{Dir: o.function, Arch: arch.goarch}
	return gobuild.Build(ctx, function, filepath.Join(folder, "function"), functionFile)
}

// pack writes the zip files and the file of their sums.
func (o options) pack(ctx context.Context, s source) ([]zipFile, error) {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp(o.out, ".building-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	unpacked := o
	unpacked.out = scratch
	var files []zipFile
	for _, arch := range o.architectures {
		if err := unpacked.unpack(ctx, s, arch); err != nil {
			return nil, err
		}
		folder := filepath.Join(scratch, arch.name)
		f, err := writeZip(filepath.Join(folder, "layer"), extensionFile, filepath.Join(o.out, "layer-"+arch.name+".zip"))
		if err != nil {
			return nil, err
		}
		f.layer = &arch
		files = append(files, f)
		if o.function == "" {
			continue
		}
		f, err = writeZip(filepath.Join(folder, "function"), functionFile, filepath.Join(o.out, "function-"+arch.name+".zip"))
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, writeSums(o.out, files)
}
