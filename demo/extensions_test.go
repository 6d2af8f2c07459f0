package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

func TestSomebodyElsesExtension(t *testing.T) {
	file := lambdaenvtest.Build(t, "lambdaenv/testdata/extension")
	program, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	zipped := layer(t, map[string]string{"extensions/extension": string(program), "config/extension.yaml": "a: b"})
	for name, extension := range map[string]string{"file": file, "layer": zipped} {
		t.Run(name, func(t *testing.T) {
			report := filepath.Join(t.TempDir(), "report.html")
			r := demo(t, "", "-extension", extension, "-env", `extension={"Events":["INVOKE","SHUTDOWN"]}`,
				"-event", `{"sleepMs":1}`, "-invocations", "1", "-idle", "0s", "-o", report)
			r.wrote(t, report)
			inOrder(t, r.stdout, "extension  extension register: 200", "extension INVOKE", "extension SHUTDOWN")
			page, err := os.ReadFile(report)
			if err != nil || !strings.Contains(string(page), ">others<") {
				t.Errorf("got %v and no lane for other extensions in the report", err)
			}
		})
	}
}

func TestLayersThatAreNone(t *testing.T) {
	for _, tt := range []struct {
		files map[string]string
		want  string
	}{
		{map[string]string{"bin/tool": "x"}, "a layer without a file in extensions/"},
		{map[string]string{"../extensions/x": "x"}, "is a path out of the archive"},
	} {
		_, err := unpackExtensions([]string{layer(t, tt.files)}, t.TempDir())
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want an error with %q", err, tt.want)
		}
	}
}
