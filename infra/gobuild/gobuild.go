// Package gobuild compiles Go programs for AWS Lambda with plain go build.
//
// The same source and the same Go version give the same bytes, in any folder, for
// any user, and with any exported Go variables. A CDK asset is named after a
// hash of its content, so that a deployment uploads what has changed only.
package gobuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Architectures, as GOARCH has them.
const (
	ARM64 = "arm64"
	AMD64 = "amd64"
)

// A Program is a main package and the settings of its build.
//
// It is compiled as go build compiles it in its folder: with the go.mod of that
// folder or of one above it, and with a vendor folder or a go.work file where
// there is one.
type Program struct {
	// Dir is the folder of the main package. Empty means the current folder.
	Dir string

	// Package is the import path of the main package, as seen from Dir. Empty
	// means the package in Dir.
	Package string

	// Arch is ARM64 or AMD64. Empty means ARM64.
	Arch string

	// Host compiles for this machine instead of for Lambda, as go build does without
	// any flags: with the symbols and the Go settings of the user, and with cgo if
	// there is a C compiler. Then go build and go run share compiled packages with
	// it: -trimpath alone would make it compile the standard library once more.
	// Arch is ignored.
	Host bool

	// Options are further settings of the build.
	Options

	alone bool // without go.work and vendor folder
}

// Build compiles p into the folder dir, which becomes an asset: file, executable
// on every machine, is the path of the program within it, Options.Files are the
// others, and nothing else stays there.
//
// A program that does not compile is a [*CompileError], one that does not because
// cgo is off a [*CgoError], and a package that is not a program a [*NotMainError].
//
// Several processes may build into the same folder at the same time. They work
// beside the folder, and replace each file in one step.
func Build(ctx context.Context, p Program, dir, file string) error {
	switch {
	case p.Host:
		p.Arch = runtime.GOARCH
	case p.Arch == "":
		p.Arch = ARM64
	case p.Arch != ARM64 && p.Arch != AMD64:
		return fmt.Errorf("cannot build for architecture %q: use %s or %s", p.Arch, ARM64, AMD64)
	}
	if p.Dir == "" {
		p.Dir = "."
	}
	if info, err := os.Stat(p.Dir); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %s to build", p.Dir)
	}
	if err := p.check(file); err != nil {
		return err
	}
	dir, err := filepath.Abs(dir)
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

	binary, err := p.compile(ctx, scratch)
	if err != nil {
		return err
	}
	files, err := copyFiles(p.Files, filepath.Join(scratch, "files"))
	if err != nil {
		return err
	}
	files[file] = binary
	return place(files, dir)
}

// compile returns the path of the program, which it makes below scratch.
func (p Program) compile(ctx context.Context, scratch string) (string, error) {
	env, err := p.environment(ctx)
	if err != nil {
		return "", err
	}
	// Into a folder: go build then refuses packages other than main.
	out := filepath.Join(scratch, "program") + string(filepath.Separator)
	if err := os.Mkdir(out, 0o755); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build"}, p.flags()...), "-o", out, p.target())...)
	cmd.Dir, cmd.Env = p.Dir, append(env, "GOTMPDIR="+scratch) // when it is killed, it does not remove its files
	if ctx.Done() != nil {                                     // else Ctrl-C ends all of the terminal's processes
		endTogether(cmd)
	}
	var words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &words, &words
	if err := cmd.Run(); err != nil {
		return "", p.buildError(ctx, env, err, words.String())
	}
	built, err := os.ReadDir(out)
	if err != nil || len(built) != 1 {
		return "", fmt.Errorf("go build in %s: got %d files, want the program alone: %w", p.Dir, len(built), err)
	}
	return filepath.Join(out, built[0].Name()), nil
}

// target is the package to compile, as seen from Dir.
func (p Program) target() string {
	if p.Package != "" {
		return p.Package
	}
	return "."
}

// flags are those of go build.
func (p Program) flags() []string {
	// git may be missing, or the repository may belong to another user.
	flags := []string{"-buildvcs=false"}
	if p.alone {
		flags = append(flags, "-mod=readonly")
	}
	tags, ldflags := p.Tags, p.Ldflags
	if !p.Host {
		flags = append(flags, "-trimpath")
		tags = append([]string{"lambda.norpc"}, tags...)
		ldflags = strings.TrimSpace("-s -w -buildid= " + ldflags)
	}
	if len(tags) > 0 {
		flags = append(flags, "-tags="+strings.Join(tags, ","))
	}
	if ldflags != "" {
		flags = append(flags, "-ldflags="+ldflags)
	}
	return flags
}

func (p Program) buildError(ctx context.Context, env []string, err error, words string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if missing := notInstalled(err); missing != nil {
		return missing
	}
	output := withoutDownloads(words)
	switch {
	case output == "":
		return fmt.Errorf("go build in %s: %w", p.Dir, err)
	case strings.Contains(output, "no main packages to build"):
		return &NotMainError{p.Dir}
	}
	compile := &CompileError{p.Dir, output}
	var failed *exec.ExitError
	if !errors.As(err, &failed) {
		return compile
	}
	if needed := p.cgoNeeded(ctx, env, compile); needed != nil {
		return needed
	}
	return compile
}

// withoutDownloads removes the lines about downloads from the output of the go
// command.
func withoutDownloads(words string) string {
	var lines strings.Builder
	for line := range strings.Lines(words) {
		if !strings.HasPrefix(line, "go: downloading ") {
			lines.WriteString(line)
		}
	}
	return strings.TrimSpace(lines.String())
}
