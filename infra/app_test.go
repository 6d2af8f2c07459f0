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
	"example.com/postinvoke/internal/checkout"
	"example.com/postinvoke/internal/ci"
	"example.com/postinvoke/internal/pages"
)

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
	dir := t.TempDir()
	if err := checkout.Copy(".", dir); err != nil {
		t.Fatal(err)
	}
	a, printed, err := app(t, dir, nil, "GOENV="+config, "GOFLAGS=-tags=exported", "GOARCH=386", "GOOS=plan9",
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

// cdk ls and cdk destroy need no stack's assets: then nothing is compiled, and
// no go command is needed.
func TestNothingIsCompiledWithoutNeed(t *testing.T) {
	a, printed, err := app(t, ".", map[string]any{"aws:cdk:bundling-stacks": []string{}}, withoutGo(t))
	if err != nil {
		t.Fatal(err, printed)
	}
	if n := len(a.template(t, "PostInvokeDemo").ofType("AWS::Lambda::Function")); n != 2 {
		t.Errorf("got %d functions in the template, want 2", n)
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
			`unknown context "metric": this app has stack=NAME and metrics=true`},
		"wrong value": {map[string]any{"metrics": "yes"},
			`context metrics is "yes": it can be true or false`},
		// Found by the CDK library.
		"wrong stack name": {map[string]any{"stack": "no spaces"},
			`Stack name must match the regular expression: /^[A-Za-z][A-Za-z0-9-]*$/, got 'no spaces'`},
		"empty stack name": {map[string]any{"stack": ""},
			"context stack is empty: give the stack a name, or leave it out for PostInvokeDemo"},
	} {
		t.Run(name, func(t *testing.T) {
			app := newApp(t, test.context)
			config, err := configure(app)
			if err == nil {
				err = attempt(func() { newDemo(app, config) })
			}
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// The documented command, with the settings of cdk.json, works for a user who has
// exported another GOOS, or set another GOARCH with go env -w.
func TestListWithTheCommandLineTool(t *testing.T) {
	cdktest.NeedNode(t)
	const cli = "node_modules/.bin/cdk"
	if _, err := os.Stat(cli); err != nil {
		ci.Skip(t, "needs the pinned cdk command: npm ci")
	}
	config := filepath.Join(t.TempDir(), "goenv")
	write(t, config, "GOARCH=386\n")
	if got := pages.Run(t, ".", cli+" ls", "GOOS=windows", "GOENV="+config); got != "PostInvokeDemo\n" {
		t.Errorf("cdk ls: got %q, want PostInvokeDemo", got)
	}
}
