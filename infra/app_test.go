//go:build unix

package main

import (
	"os"
	"path/filepath"
	"reflect"
	"syscall"
	"testing"

	"example.com/postinvoke/infra/cdktest"
	"example.com/postinvoke/internal/ci"
	"example.com/postinvoke/internal/pages"
)

// The documented command, with the settings of cdk.json, makes what the other tests
// look at. The hashes of the assets are the same for a user with another umask, who
// has exported another GOOS and set other variables with go env -w.
func TestSynthWithTheCommandLineTool(t *testing.T) {
	want := measured(t).Template(t, "PostInvokeDemo")
	const cli = "node_modules/.bin/cdk"
	if _, err := os.Stat(cli); err != nil {
		ci.Skip(t, "needs the pinned cdk command: npm ci")
	}
	config := filepath.Join(t.TempDir(), "goenv")
	if err := os.WriteFile(config, []byte("GOARCH=386\nGOFLAGS=-tags=other\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	umask := syscall.Umask(0o077)
	defer syscall.Umask(umask)
	out := t.TempDir()
	pages.Run(t, ".", cli+" synth -q -c metrics=true -o "+out, "GOOS=windows", "GOENV="+config, "CDK_VALIDATION=false")
	if got := cdktest.Assembly(out).Template(t, "PostInvokeDemo"); !reflect.DeepEqual(got, want) {
		t.Errorf("the template is another than that in this process: got %v, want %v", got, want)
	}
}

// cdk ls and cdk destroy need no stack's assets: then nothing is compiled, and
// no go command is needed.
func TestNothingIsCompiledWithoutNeed(t *testing.T) {
	app := newApp(t, map[string]any{"aws:cdk:bundling-stacks": []string{}})
	t.Setenv("PATH", t.TempDir())
	newDemo(app, config{stack: "PostInvokeDemo"})
	a := cdktest.Synth(t, app)
	tp := a.Template(t, "PostInvokeDemo")
	code := append(tp.OfType("AWS::Lambda::Function"), tp.OfType("AWS::Lambda::LayerVersion")...)
	if len(code) != 4 {
		t.Fatalf("got %d functions and layers in the template, want 4", len(code))
	}
	for _, r := range code {
		if files, err := os.ReadDir(a.Asset(r.S3Key())); err != nil || len(files) != 0 {
			t.Errorf("%s: got asset %v, %v, want an empty one", r.Type, files, err)
		}
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
				err = libraryError(cdktest.Attempt(func() { newDemo(app, config) }))
			}
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
