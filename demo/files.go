package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/demo/report"
)

// checkFile says at once what would go wrong when the file is written, after
// all the time that a run takes.
func checkFile(flag, path string) error {
	if path == "" {
		return nil
	}
	info, missing := os.Lstat(path)
	if missing == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return nil // such as /dev/stdout
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return usagef("%s %s: %v", flag, path, reason(err))
	}
	f.Close()
	if missing != nil {
		return os.Remove(path)
	}
	return nil
}

// wantsReport reports whether files are to be written about the run.
func (o *options) wantsReport() bool { return o.report != "" || o.picture != "" }

// writeReport writes the files that were asked for. Without a browser there is
// no picture, but the page that it would have been of.
func (o *options) writeReport(ctx context.Context, progress *progress, recordings ...*recording.Recording) error {
	page := o.report
	var png []byte
	var noPicture error
	if o.picture != "" {
		progress.show("making the picture")
		png, noPicture = report.Picture(ctx, recordings...)
		progress.clear()
		if noPicture != nil && page == "" {
			page = o.picture + ".html"
		}
	}
	if page != "" {
		var b bytes.Buffer
		if err := report.Write(&b, recordings...); err != nil {
			return err
		}
		if err := os.WriteFile(page, b.Bytes(), 0o666); err != nil {
			return err
		}
	}
	switch {
	case errors.Is(noPicture, browser.ErrNone):
		return fmt.Errorf("%w; the report is in %s", noPicture, page)
	case noPicture != nil:
		return noPicture
	case o.picture != "":
		return os.WriteFile(o.picture, png, 0o666)
	}
	return nil
}
