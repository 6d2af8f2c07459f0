// Package gobuild compiles Go programs for AWS Lambda with plain go build.
//
// The same source and the same Go version give the same bytes: in another
// folder, for another user, under another umask and whatever Go variables are
// exported. A CDK asset is named after a hash of its content, so nothing but a
// change of the source is ever deployed again.
package gobuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Architectures, as GOARCH has them.
const (
	ARM64 = "arm64"
	AMD64 = "amd64"
)

// A Program says what to compile.
type Program struct {
	// Dir is the folder of the main package. The module it lies in is used
	// with its own go.mod and go.sum, also in the module cache; a go.work file
	// is not. Empty means the current folder.
	Dir string

	// Arch is ARM64 or AMD64. Empty means ARM64.
	Arch string
}

// Build compiles p for Linux into the folder dir, which becomes an asset: file,
// executable for everyone, is the path of the program within it, and nothing
// else stays there. A program that does not compile is a [*CompileError].
//
// Several processes may build into the same folder at the same time. Until the
// program is replaced, in one step, they work beside the folder and never in it.
func Build(ctx context.Context, p Program, dir, file string) error {
	switch p.Arch {
	case "":
		p.Arch = ARM64
	case ARM64, AMD64:
	default:
		return fmt.Errorf("cannot build for architecture %q: use %s or %s", p.Arch, ARM64, AMD64)
	}
	if p.Dir == "" {
		p.Dir = "."
	}
	if info, err := os.Stat(p.Dir); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %s to build", p.Dir)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	env, err := environment(ctx, p.Dir)
	if err != nil {
		return err
	}

	beside := filepath.Dir(dir)
	if err := os.MkdirAll(beside, 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(beside, ".building-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	binary := filepath.Join(scratch, "program")

	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-mod=readonly",
		"-tags=lambda.norpc", "-ldflags=-s -w -buildid=", "-o", binary, ".")
	cmd.Dir, cmd.Env = p.Dir, append(env, target(p.Arch)...)
	var words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &words, &words
	if err := cmd.Run(); err != nil {
		return buildError(ctx, p, err, words.String())
	}
	if err := checkProgram(binary); err != nil {
		return fmt.Errorf("%s is not package main: there is nothing to run", p.Dir)
	}
	return place(binary, dir, file)
}

// checkProgram tells an ELF file from the archive that go build writes for a
// package other than main.
func checkProgram(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	magic := make([]byte, 4)
	if _, err := f.Read(magic); err != nil {
		return err
	}
	if string(magic) != "\x7fELF" {
		return errors.New("not an ELF file")
	}
	return nil
}

// A CompileError is what the Go toolchain said about a program that it could
// not build, in its own words and nothing else.
type CompileError struct {
	Dir    string // the folder of the program
	Output string // of go build
}

func (e *CompileError) Error() string { return e.Output }

func buildError(ctx context.Context, p Program, err error, words string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if missing := notInstalled(err); missing != nil {
		return missing
	}
	var said []string
	for line := range strings.Lines(words) {
		if !strings.HasPrefix(line, "go: downloading ") {
			said = append(said, line)
		}
	}
	output := strings.TrimSpace(strings.Join(said, ""))
	if output == "" {
		return fmt.Errorf("go build in %s: %w", p.Dir, err)
	}
	return &CompileError{p.Dir, output}
}
