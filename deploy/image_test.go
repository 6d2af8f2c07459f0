//go:build unix

package deploy_test

import (
	"debug/elf"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/internal/pages"
)

// TestImage follows the page up to docker build, and checks what an image has
// that a builder makes of the Dockerfile.
func TestImage(t *testing.T) {
	dir := emptyFolder(t)
	commands := row(t, "container images")
	pages.Run(t, dir, commands[0])
	pages.Run(t, dir, commands[1])
	if want := "docker build --platform linux/arm64 -t hello ."; commands[2] != want {
		t.Fatalf("the page says %q: this test knows %q", commands[2], want)
	}
	for arch, machine := range map[string]elf.Machine{"": elf.EM_AARCH64, "x86_64": elf.EM_X86_64} {
		image := readDockerfile(t, filepath.Join(dir, "Dockerfile"), arch)
		if image.from != "public.ecr.aws/lambda/provided:al2023" {
			t.Errorf("base image: got %s, want AWS's of the runtime that the functions have", image.from)
		}
		if image.entry != `["/var/task/bootstrap"]` {
			t.Errorf("entry point: got %s, want the function", image.entry)
		}
		for _, want := range []string{"/opt/extensions/postinvoke", "/var/task/bootstrap"} {
			source := image.copied[want]
			if source == "" {
				t.Fatalf("nothing is copied to %s", want)
			}
			isProgram(t, filepath.Join(dir, source), machine)
			inContext(t, dir, source)
		}
		if len(image.copied) != 2 {
			t.Errorf("got %v copied, want the function and the extension", image.copied)
		}
	}
}

// An image is what a Dockerfile without RUN comes to.
type image struct {
	from, entry string
	copied      map[string]string // by the path in the image: the path in the context
}

func readDockerfile(t *testing.T, file, arch string) image {
	t.Helper()
	made := image{copied: map[string]string{}}
	for line := range strings.Lines(read(t, file)) {
		instruction, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		words := strings.Fields(strings.ReplaceAll(rest, "${ARCH}", arch))
		switch {
		case instruction == "" || instruction == "#":
		case instruction == "FROM" && len(words) == 1:
			made.from = words[0]
		case instruction == "ARG" && strings.HasPrefix(rest, "ARCH="):
			if arch == "" {
				arch = strings.TrimPrefix(rest, "ARCH=")
			}
		case instruction == "COPY" && len(words) == 2:
			made.copied[words[1]] = words[0]
		case instruction == "ENTRYPOINT":
			made.entry = rest
		default:
			t.Fatalf("%s: this test does not know %q", file, line)
		}
	}
	return made
}

// inContext checks that .dockerignore does not keep a file from the builder.
func inContext(t *testing.T, dir, file string) {
	t.Helper()
	ignored := false
	for pattern := range strings.Lines(read(t, filepath.Join(dir, ".dockerignore"))) {
		pattern = strings.TrimSpace(pattern)
		if pattern == "" || pattern[0] == '#' {
			continue
		}
		pattern, negated := strings.CutPrefix(pattern, "!")
		for at := file; at != "."; at = path.Dir(at) {
			if matched, err := path.Match(pattern, at); err != nil {
				t.Fatal(err)
			} else if matched {
				ignored = !negated
			}
		}
	}
	if ignored {
		t.Errorf("%s is not in the context of the build", file)
	}
}
