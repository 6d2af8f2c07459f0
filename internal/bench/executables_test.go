package bench_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"os"
	"runtime"
	"testing"
)

// BenchmarkExecutables prints the sizes of executables, as they are and in a zip.
func BenchmarkExecutables(b *testing.B) {
	var rows [][]string
	for b.Loop() {
		rows = nil
		for _, program := range []struct{ name, pkg string }{
			{"our extension", "extension"},
			{"do-nothing extension", "./testdata/floor"},
			{"extension with net/http", "./testdata/httpdone"},
			{"wrapped function", "./testdata/wrapped"},
			{"bare function", "./testdata/bare"},
		} {
			content, err := os.ReadFile(build(b, program.pkg))
			if err != nil {
				b.Fatal(err)
			}
			var zipped bytes.Buffer
			w, err := flate.NewWriter(&zipped, flate.BestCompression)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := w.Write(content); err != nil {
				b.Fatal(err)
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
			rows = append(rows, []string{program.name, megabytes(len(content)), megabytes(zipped.Len())})
		}
	}
	printTable("Executables ("+runtime.GOARCH+").", []string{"", "size", "in a zip"}, rows)
}

func megabytes(n int) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }
