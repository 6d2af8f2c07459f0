package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A zipFile is one that was written.
type zipFile struct {
	path  string
	layer *architecture // of a layer's functions; nil for a function
	sum   [sha256.Size]byte
}

// sha256 is the sum as sha256sum prints it.
func (f zipFile) sha256() string { return hex.EncodeToString(f.sum[:]) }

// codeSha256 is the sum as Lambda's API returns it for the zip that it was given.
func (f zipFile) codeSha256() string { return base64.StdEncoding.EncodeToString(f.sum[:]) }

// epoch is the time of all files in a zip: the earliest that the format has.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// writeZip packs the executable file, a path within the folder dir, and nothing
// else. The bytes depend on the executable only: not on times, users or modes.
func writeZip(dir, file, path string) (zipFile, error) {
	program, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
	if err != nil {
		return zipFile{}, err
	}
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	header := &zip.FileHeader{Name: file, Method: zip.Deflate, Modified: epoch}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err != nil {
		return zipFile{}, err
	}
	if _, err := entry.Write(program); err != nil {
		return zipFile{}, err
	}
	if err := w.Close(); err != nil {
		return zipFile{}, err
	}
	return zipFile{path: path, sum: sha256.Sum256(packed.Bytes())}, os.WriteFile(path, packed.Bytes(), 0o644)
}

func sumsPath(out string) string { return filepath.Join(out, "SHA256SUMS") }

// writeSums writes the sums in the format of sha256sum, which checks them.
func writeSums(out string, files []zipFile) error {
	var sums strings.Builder
	for _, f := range files {
		fmt.Fprintf(&sums, "%s  %s\n", f.sha256(), filepath.Base(f.path))
	}
	return os.WriteFile(sumsPath(out), []byte(sums.String()), 0o644)
}
