//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// program is the path of the command, compiled without the race detector: under it,
// compressing a zip file takes ten times as long, and the command has one goroutine.
var program string

func TestMain(m *testing.M) { os.Exit(compileAndRun(m)) }

func compileAndRun(m *testing.M) int {
	// In the root of the checkout, as a person runs it.
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "layer-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "layer")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", program, "./deploy/layer").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build ./deploy/layer: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// tryLayer runs the command. The error is what it printed on standard error.
func tryLayer(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var words bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		return string(out), errors.New(strings.TrimSpace(words.String()))
	}
	return string(out), nil
}

// layer runs the command and returns what it printed.
func layer(t *testing.T, args ...string) string {
	t.Helper()
	stdout, err := tryLayer(t, args...)
	if err != nil {
		t.Fatalf("layer %q: %v", args, err)
	}
	return stdout
}

type zips struct{ dir, printed string }

// built are the zip files of both architectures, with the function, for every test
// that compares something with them.
var built = sync.OnceValues(func() (zips, error) {
	dir := filepath.Join(filepath.Dir(program), "zips")
	out, err := exec.Command(program, "-o", dir, "-function", "function").Output()
	return zips{dir, string(out)}, err
})

func buildZips(t *testing.T) zips {
	t.Helper()
	z, err := built()
	if err != nil {
		t.Fatalf("layer -function function: %v", err)
	}
	return z
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// unzip returns the only file in an archive.
func unzip(t *testing.T, path, wantName string) []byte {
	t.Helper()
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(r.File) != 1 || r.File[0].Name != wantName || r.File[0].Mode() != 0o755 {
		t.Fatalf("%s: got %v, want only the executable %s", path, r.File, wantName)
	}
	f, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestZipsHaveTheProgramsOfTheirArchitecture(t *testing.T) {
	z := buildZips(t)
	var sums strings.Builder
	for _, arch := range []struct {
		name    string
		machine elf.Machine
	}{{"arm64", elf.EM_AARCH64}, {"x86_64", elf.EM_X86_64}} {
		for _, want := range []struct{ name, program string }{
			{"layer-" + arch.name + ".zip", "extensions/postinvoke"},
			{"function-" + arch.name + ".zip", "bootstrap"},
		} {
			path := filepath.Join(z.dir, want.name)
			binary := unzip(t, path, want.program)
			program, err := elf.NewFile(bytes.NewReader(binary))
			if err != nil {
				t.Fatal(err)
			}
			if program.Machine != arch.machine {
				t.Errorf("%s: got a program for %v, want %v", want.name, program.Machine, arch.machine)
			}
			packed := read(t, path)
			// Package fmt, or encoding/json, would exceed this (ADR 3).
			const mostBinary, mostZip = 2_250_000, 1_000_000
			if want.program == extensionFile && (len(binary) > mostBinary || len(packed) > mostZip) {
				t.Errorf("%s: got %d bytes, and %d zipped, want at most %d and %d",
					want.name, len(binary), len(packed), mostBinary, mostZip)
			}
			sum := sha256.Sum256(packed)
			fmt.Fprintf(&sums, "%x  %s\n", sum, want.name)
			if base64 := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(z.printed, base64) {
				t.Errorf("%s: its CodeSha256 %s is not in\n%s", want.name, base64, z.printed)
			}
		}
	}
	if got := string(read(t, filepath.Join(z.dir, "SHA256SUMS"))); got != sums.String() {
		t.Errorf("SHA256SUMS: got\n%swant\n%s", got, &sums)
	}
	entries, err := os.ReadDir(z.dir)
	if err != nil || len(entries) != 5 {
		t.Errorf("got %v, %v, want four zip files and their sums", entries, err)
	}
}

func TestSameZipWhateverTheFolderAndEnvironment(t *testing.T) {
	here := buildZips(t).dir
	there := filepath.Join(t.TempDir(), "deep", "er")
	t.Setenv("GOFLAGS", "-gcflags=all=-N")
	t.Setenv("GOARCH", "386")
	t.Setenv("TZ", "Asia/Tokyo")
	umask := syscall.Umask(0o077)
	defer syscall.Umask(umask)
	layer(t, "-o", there, "-arch", "arm64")
	if !bytes.Equal(read(t, filepath.Join(here, "layer-arm64.zip")), read(t, filepath.Join(there, "layer-arm64.zip"))) {
		t.Error("another folder, umask and environment made another zip")
	}
}

func TestMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"architecture": {[]string{"-arch", "amd64"}, `architecture "amd64" is not one of Lambda's: use arm64 or x86_64`},
		"none":         {[]string{"-arch", ","}, "-arch is empty: use arm64, x86_64, or both with a comma between"},
		"argument":     {[]string{"function"}, `unexpected argument "function": everything is a flag, see -help`},
		"publish":      {[]string{"-publish"}, "-publish needs -regions: say where, as in -regions eu-west-1,us-east-1"},
		"unpacked": {[]string{"-unpacked", "-regions", "eu-west-1"},
			"-unpacked makes no zip files, and only those can be published: leave out -unpacked or -regions"},
		"no function": {[]string{"-function", "nowhere"}, "there is no folder nowhere to build"},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), append([]string{"-o", t.TempDir()}, test.args...), io.Discard, io.Discard)
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// A build that fails leaves nothing half done, and no scratch folder.
func TestNothingIsLeftOfAFailedBuild(t *testing.T) {
	dir, broken := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module m\n\ngo 1.26\n",
		"main.go": "package main\n\nfunc main() { missing() }\n",
	} {
		if err := os.WriteFile(filepath.Join(broken, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	err := run(t.Context(), []string{"-o", dir, "-arch", "arm64", "-function", broken}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "undefined: missing") {
		t.Errorf("got %v, want the compiler's words", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) > 0 {
		t.Errorf("got %v, want nothing", entries)
	}
}
