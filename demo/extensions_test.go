package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/demo/demotest"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// layer makes a ZIP archive with those files.
func layer(t *testing.T, files map[string]string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "layer.zip")
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	archive := zip.NewWriter(out)
	for name, content := range files {
		w, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSomebodyElsesExtensions(t *testing.T) {
	t.Parallel()
	file := lambdaenvtest.Build(t, "lambdaenv/testdata/extension")
	zipped := layer(t, map[string]string{"extensions/second": read(t, file), "config/second.yaml": "a: b"})
	report := filepath.Join(t.TempDir(), "report.html")
	const events = `={"Events":["INVOKE","SHUTDOWN"]}`
	r := demotest.Run(t, "-extension", file, "-env", "extension"+events, "-extension", zipped, "-env", "second"+events,
		"-event", `{"sleepMs":1}`, "-invocations", "1", "-idle", "0s", "-o", report)
	r.Succeeded(t, report)
	for _, name := range []string{"extension", "second"} {
		demotest.InOrder(t, r.Stdout, name+" register: 200", name+" INVOKE", name+" SHUTDOWN")
	}
	if !strings.Contains(read(t, report), ">others<") {
		t.Error("got no lane for other extensions in the report")
	}
}

func TestAnExtensionThatIsNoExecutable(t *testing.T) {
	t.Parallel()
	r := demotest.Run(t, "-extension", "main.go")
	want := "main.go: permission denied: give an executable for this machine, built with GOOS="
	if r.Code != 2 || !strings.HasPrefix(r.Stderr, "demo: -extension: ") || !strings.Contains(r.Stderr, want) {
		t.Errorf("got %v, want 2 and %q", r, want)
	}
}

// Nothing of a layer gets out of its folder.
func TestLayersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, files := range []map[string]string{{"bin/tool": "x"}, {"../../extensions": "x"}} {
		zipped := layer(t, files)
		r := demotest.Run(t, "-extension", zipped)
		r.Failed(t, 2, "demo: -extension "+zipped+": a layer without a file in extensions/\n")
	}
}
