package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A zipFile is one that was written: of a layer, or of a function.
type zipFile struct {
	path, arch string
	layer      bool
	sum        [sha256.Size]byte
}

// pack builds, and writes the zip files and the file of their sums.
func (o options) pack(ctx context.Context, s source) ([]zipFile, error) {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp(o.out, ".building-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	if err := o.build(ctx, s, scratch); err != nil {
		return nil, err
	}
	var files []zipFile
	var sums strings.Builder // in the format of sha256sum, which checks them
	for _, arch := range o.architectures {
		for _, content := range []struct{ folder, program string }{{"layer", extensionFile}, {"function", functionFile}} {
			if content.folder == "function" && o.function == "" {
				continue
			}
			packed, err := zipped(filepath.Join(scratch, arch, content.folder), content.program)
			if err != nil {
				return nil, err
			}
			name := content.folder + "-" + arch + ".zip"
			f := zipFile{filepath.Join(o.out, name), arch, content.folder == "layer", sha256.Sum256(packed)}
			if err := os.WriteFile(f.path, packed, 0o644); err != nil {
				return nil, err
			}
			files = append(files, f)
			fmt.Fprintf(&sums, "%x  %s\n", f.sum, name)
		}
	}
	return files, os.WriteFile(o.sumsPath(), []byte(sums.String()), 0o644)
}

func (o options) sumsPath() string { return filepath.Join(o.out, "SHA256SUMS") }

// epoch is the time of all files in a zip: the earliest that the format has.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// zipped packs the executable file, a path within the folder dir, and nothing
// else. The bytes depend on the executable only: not on times, users or modes.
func zipped(dir, file string) ([]byte, error) {
	program, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	header := &zip.FileHeader{Name: file, Method: zip.Deflate, Modified: epoch}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := entry.Write(program); err != nil {
		return nil, err
	}
	err = w.Close()
	return packed.Bytes(), err
}
