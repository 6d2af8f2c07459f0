package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/demo/report"
)

// Files are those to write about a run; an empty name is none.
type Files struct{ Report, Picture string }

// Wanted reports whether any are to be written.
func (f Files) Wanted() bool { return f.Report != "" || f.Picture != "" }

// Check reports before the run what would go wrong when they are written.
func (f Files) Check() error {
	switch page, picture := filepath.Ext(f.Report), filepath.Ext(f.Picture); {
	case f.Report == "-":
		return Usagef("-o -: a file is needed; a name with that would be ./-")
	case page == ".png", page == ".pdf":
		return Usagef("-o %s: what is written is HTML; -png makes a picture, and the browser's print dialogue a PDF",
			f.Report)
	case f.Picture != "" && picture != ".png":
		return Usagef("-png %s: what is written is a PNG: the name has to end in .png", f.Picture)
	}
	if err := cmp.Or(checkFile("-o", f.Report), checkFile("-png", f.Picture)); err != nil || f.Picture == "" {
		return err
	}
	if _, err := browser.Find(); err != nil {
		return fmt.Errorf("-png %s: %w", f.Picture, err)
	}
	return nil
}

// checkFile reports whether the file can be written. It stays as it is.
func checkFile(flag, path string) error {
	if path == "" {
		return nil
	}
	_, missing := os.Stat(path)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return Usagef("%s: %v", flag, err)
	}
	file.Close()
	if errors.Is(missing, fs.ErrNotExist) {
		made, err := filepath.EvalSymlinks(path) // of a link without a target that was the target
		return cmp.Or(err, os.Remove(made))
	}
	return nil
}

// Write writes the report of a run, and says so on stderr. An interrupted run has
// a report of what there was by then, unless it is interrupted again.
func (f Files) Write(ctx context.Context, stderr io.Writer, recordings ...*recording.Recording) error {
	if len(recordings) == 0 {
		return nil
	}
	if ctx.Err() != nil {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(context.WithoutCancel(ctx), signals...)
		defer stop()
	}
	page := func(w io.Writer) error { return report.Write(w, recordings...) }
	picture := func() ([]byte, error) { return report.Picture(ctx, recordings...) }
	return f.WriteAll(stderr, page, picture)
}

// WriteAll writes a page and a picture, as far as they are wanted.
func (f Files) WriteAll(stderr io.Writer, page func(io.Writer) error, picture func() ([]byte, error)) error {
	if f.Report != "" {
		var b bytes.Buffer
		if err := page(&b); err != nil {
			return err
		}
		if err := writeFile(stderr, f.Report, b.Bytes()); err != nil {
			return err
		}
	}
	if f.Picture == "" {
		return nil
	}
	b, err := picture()
	if err != nil {
		return err
	}
	return writeFile(stderr, f.Picture, b)
}

// writeFile writes a file, and says so.
func writeFile(stderr io.Writer, path string, b []byte) error {
	if err := os.WriteFile(path, b, 0o666); err != nil {
		return err
	}
	fmt.Fprintln(stderr, "demo: wrote", path)
	return nil
}
