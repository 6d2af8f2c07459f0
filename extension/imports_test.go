package main

import (
	"os/exec"
	"strings"
	"testing"
)

// The extension starts before every cold start of another team's function, and
// stays in its memory. A test of deploy/layer has the limits of its size.
func TestTheExtensionImportsLittle(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		switch strings.TrimPrefix(path, "example.com/postinvoke/") {
		case "extension", "record", "internal/blackbox", "internal/extensionsapi", "internal/jsontext":
		default:
			t.Errorf("imports %s", path)
		}
	}

	out, err = exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		switch path {
		case "net/http", "encoding/json", "log/slog", "os/exec", "crypto/tls", "regexp":
			t.Errorf("imports %s", path)
		}
	}
}
