//go:build unix

package gobuild_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/postinvoke/infra/gobuild"
)

// docs/security.md explains how to make the extension that the layer
// has.
func TestTheDocumentedCommandMakesTheSameBytes(t *testing.T) {
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?s)    (CGO_ENABLED=0 .*? \./extension) &&`).FindSubmatch(page)
	if command == nil {
		t.Fatal("docs/security.md has no such command any more")
	}
	made := filepath.Join(t.TempDir(), "postinvoke")
	shell := exec.Command("/bin/sh", "-c", strings.Replace(string(command[1]), "/tmp/postinvoke", made, 1))
	shell.Dir = "../.."
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	byHand, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(byHand, build(t, gobuild.Program{Dir: "../../extension", Arch: gobuild.ARM64})) {
		t.Error("the documented command makes another extension than the layer has")
	}
}
