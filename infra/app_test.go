//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"example.com/postinvoke/infra/cdktest"
	"example.com/postinvoke/infra/postinvokecdk"
	"example.com/postinvoke/internal/ci"
)

// checkout copies what the app and the assets are built from to another folder.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum", "cdk.json"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(data))
	}
	for _, folder := range []string{"extension", "function", "infra", "internal", "postinvoke", "record"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(folder)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// app runs the app in a folder, as cdk would, and returns the assembly and what
// it printed.
func app(t *testing.T, dir string, context map[string]any, env ...string) (assembly, string, error) {
	t.Helper()
	cdktest.NeedNode(t)
	all := cdkContext(t)
	maps.Copy(all, context)
	contextJSON, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "cdk.out")
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), runApp+"=1", "CDK_OUTDIR="+out, "CDK_CONTEXT_JSON="+string(contextJSON))
	cmd.Env = append(cmd.Env, env...)
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	err = cmd.Run()
	return assembly(out), strings.TrimSpace(printed.String()), err
}

// Wherever and for whomever the assets are built, their hashes are the same, so
// that a deployment from another machine changes nothing.
func TestAssetHashesAreTheSameElsewhere(t *testing.T) {
	here := assetHashes(t, demo(t), "PostInvokeDemo")

	config := filepath.Join(t.TempDir(), "goenv")
	write(t, config, "GOFLAGS=-tags=config\nGOAMD64=v3\n")
	umask := syscall.Umask(0o077)
	defer syscall.Umask(umask)
	a, printed, err := app(t, checkout(t), nil, "GOENV="+config, "GOFLAGS=-tags=exported", "GOARCH=386", "GOOS=plan9",
		"GOAMD64=v4", "GOEXPERIMENT=nojsonv2", "CGO_ENABLED=1", "USER=another", "HOME="+os.Getenv("HOME"))
	if err != nil {
		t.Fatal(err, printed)
	}
	there := assetHashes(t, a, "PostInvokeDemo")
	if len(here) != 4 || !slices.Equal(here, there) {
		t.Errorf("asset hashes of two functions and two layers: got %q here and %q elsewhere", here, there)
	}
}

// assetHashes are the S3 keys of all code in a template, sorted.
func assetHashes(t *testing.T, a assembly, stack string) []string {
	t.Helper()
	var hashes []string
	for _, r := range a.template(t, stack).Resources {
		for _, property := range []string{"Code", "Content"} {
			if key, ok := at(r.Properties, property, "S3Key").(string); ok {
				hashes = append(hashes, key)
			}
		}
	}
	slices.Sort(hashes)
	return hashes
}

// cdk ls and cdk destroy ask for no stack's assets: then nothing is compiled,
// and code that does not compile is in nobody's way.
func TestNothingIsCompiledWithoutNeed(t *testing.T) {
	dir := checkout(t)
	write(t, filepath.Join(dir, "function", "main.go"), "package main\n\nfunc main() { broken }\n")
	a, printed, err := app(t, dir, map[string]any{"aws:cdk:bundling-stacks": []string{}}, withoutGo(t))
	if err != nil {
		t.Fatal(err, printed)
	}
	if n := len(a.template(t, "PostInvokeDemo").ofType("AWS::Lambda::Function")); n != 2 {
		t.Errorf("got %d functions in the template, want 2", n)
	}
	binaries, err := filepath.Glob(filepath.Join(dir, postinvokecdk.BuildFolder, "*", "bootstrap"))
	if err != nil || len(binaries) != 0 {
		t.Errorf("got %q built, want nothing (%v)", binaries, err)
	}
}

// withoutGo is a PATH with node and without go.
func withoutGo(t *testing.T) string {
	t.Helper()
	cdktest.NeedNode(t)
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(node, filepath.Join(bin, "node")); err != nil {
		t.Fatal(err)
	}
	return "PATH=" + bin
}

// Two functions and two layers lack the go command: that is one error.
func TestAMissingGoCommandIsReportedOnce(t *testing.T) {
	_, printed, err := app(t, ".", nil, withoutGo(t))
	const want = "the go command was not found: install Go 1.26 or later (https://go.dev/dl) and put it on the PATH"
	if err == nil || strings.Count(printed, want) != 1 || strings.Contains(printed, "goroutine ") {
		t.Errorf("got %q, %v, want %q", printed, err, want)
	}
}

func TestWrongContextIsOneSentence(t *testing.T) {
	for name, test := range map[string]struct {
		context map[string]any
		want    string
	}{
		"unknown name": {map[string]any{"metric": "true"},
			`unknown context "metric": this app knows stack=NAME and metrics=true`},
		"wrong value": {map[string]any{"metrics": "yes"},
			`context metrics is "yes": it can be true or false`},
		// Found by the CDK library.
		"wrong stack name": {map[string]any{"stack": "no spaces"},
			`Stack name must match the regular expression: /^[A-Za-z][A-Za-z0-9-]*$/, got 'no spaces'`},
		"empty stack name": {map[string]any{"stack": ""},
			"context stack is empty: give the stack a name, or leave it out for PostInvokeDemo"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, printed, err := app(t, ".", test.context)
			if err == nil || printed != test.want {
				t.Errorf("got %q, %v, want %q", printed, err, test.want)
			}
		})
	}
}

// The command that is documented, with the settings of cdk.json: also where
// somebody has exported, or set with go env -w, what they usually build for.
func TestListWithTheCommandLineTool(t *testing.T) {
	cdktest.NeedNode(t)
	cli, err := filepath.Abs("node_modules/.bin/cdk")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(cli); err != nil {
		ci.Skip(t, "needs the pinned cdk command: npm ci")
	}
	dir := checkout(t)
	write(t, filepath.Join(dir, "extension", "broken.go"), "package main\n\nbroken\n")
	config := filepath.Join(t.TempDir(), "goenv")
	write(t, config, "GOOS=windows\nGOARCH=386\n")
	for _, env := range [][]string{{"GOOS=windows", "GOARCH=386"}, {"GOENV=" + config}} {
		cmd := exec.CommandContext(t.Context(), cli, "ls")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("cdk ls with %q: %v\n%s", env, err, err.(*exec.ExitError).Stderr)
		}
		if got := strings.TrimSpace(string(out)); got != "PostInvokeDemo" {
			t.Errorf("cdk ls with %q: got %q, want PostInvokeDemo", env, got)
		}
	}
}
