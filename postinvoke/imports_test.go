package postinvoke_test

import (
	"os/exec"
	"strings"
	"testing"
)

// The library goes into other people's functions: beyond the standard library
// it brings what they have anyway.
func TestTheLibraryBringsNothingAlong(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		ours, isOurs := strings.CutPrefix(path, "example.com/postinvoke/")
		switch {
		case strings.HasPrefix(path, "github.com/aws/aws-lambda-go/"):
		case !isOurs:
			t.Errorf("depends on %s", path)
		default:
			switch ours {
			case "postinvoke", "record", "internal/blackbox", "internal/gate", "internal/extensionsapi",
				"internal/jsontext", "internal/testhook":
			default:
				t.Errorf("depends on %s", path)
			}
		}
	}

	out, err = exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		switch path {
		case "net/http", "os/exec", "crypto/tls", "unsafe":
			t.Errorf("imports %s", path)
		}
	}
}
