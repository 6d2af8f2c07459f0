package main

import (
	"bytes"
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
	dir       string // of the extension's main package
	version   string // of the module, for people to read
	goVersion string
}

// findExtension finds the module as the go command does in the current folder:
// in this checkout, a replacement, or the module cache. Outside of a module that
// has it, the version of this command itself is taken.
func findExtension(ctx context.Context) (source, error) {
	m := struct{ Dir, Version string }{}
	out, err := gobuild.Go(ctx, "", "list", "-mod=readonly", "-m", "-json", Module)
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		version := ownVersion()
		if version == "" {
			return source{}, fmt.Errorf("the current folder is not in a module that requires %s, which has the extension: %s",
				Module, bytes.TrimSpace(failed.Stderr))
		}
		out, err = gobuild.Go(ctx, "", "mod", "download", "-json", Module+"@"+version)
	}
	if err != nil {
		return source{}, err
	}
	if err := json.Unmarshal(out, &m); err != nil {
		return source{}, fmt.Errorf("find %s: %w", Module, err)
	}
	if m.Dir == "" {
		return source{}, fmt.Errorf("the source of the extension is not in the module cache: run go mod download %s", Module)
	}
	if m.Version == "" {
		m.Version = "built from source"
	}
	dir := filepath.Join(m.Dir, "extension")
	// The go.mod of the module may select another Go than that of the current folder.
	v, err := gobuild.Go(ctx, dir, "env", "GOVERSION")
	return source{dir, m.Version, strings.TrimSpace(string(v))}, err
}

// ownVersion is that of the module this command was built from, if it was run as
// a package of a published version.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path != Module || info.Main.Version == "(devel)" {
		return ""
	}
	return info.Main.Version
}

// unpack writes the contents of the layer, and of the function if there is one,
// into folders.
func (o options) unpack(ctx context.Context, s source, arch architecture) error {
	folder := filepath.Join(o.out, arch.name)
	extension := gobuild.Program{Dir: s.dir, Arch: arch.goarch}
	if err := gobuild.Build(ctx, extension, filepath.Join(folder, "layer"), extensionFile); err != nil {
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
