package main

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
	"slices"
	"strings"
	"syscall"
	"time"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/demo/report"
)

// checkFile says at once what would go wrong when the file is written, after
// all the time that a run takes.
func checkFile(flag, path string) error {
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case path == "":
		return nil
	case path == "-":
		return usagef("%s -: a file is needed; a name with that would be ./-", flag)
	case flag == "-o" && (ext == ".png" || ext == ".pdf"):
		return usagef("-o %s: what is written is HTML; -png makes a picture, and the browser's print dialogue a PDF", path)
	}
	info, missing := os.Lstat(path)
	folder := missing == nil && info.IsDir()
	switch {
	case missing == nil && !folder && !info.Mode().IsRegular():
		return nil // such as /dev/stdout
	case !folder && flag == "-png" && strings.ToLower(filepath.Ext(path)) != ".png":
		return usagef("-png %s: what is written is a PNG: the name has to end in .png", path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		dir := filepath.Dir(path)
		if _, err := os.Stat(dir); err != nil {
			return usagef("%s %s: the folder %s does not exist", flag, path, dir)
		}
		return usagef("%s %s: no files can be made in the folder %s", flag, path, dir)
	}
	if err != nil {
		return usagef("%s %s: %v", flag, path, reason(err))
	}
	f.Close()
	if missing != nil {
		return os.Remove(path)
	}
	return nil
}

// sameFile reports whether two flags name the same file; an empty name is none.
func sameFile(a, b string) bool { return a != "" && b != "" && filepath.Clean(a) == filepath.Clean(b) }

// wantsReport reports whether files are to be written about the run.
func (o *options) wantsReport() bool { return o.report != "" || o.picture != "" }

// page returns the name of the page to write, if any. Without a browser there
// is no picture, but the page that it would have been of.
func (o *options) page(noPicture error) string {
	if o.report == "" && noPicture != nil {
		return o.picture + ".html"
	}
	return o.report
}

// foresee says before the run what will be missing after it.
func (o *options) foresee(stderr io.Writer) {
	if o.picture == "" {
		return
	}
	if _, err := browser.Find(); err != nil {
		fmt.Fprintf(stderr, "demo: %v; there will be no picture %s, but the page %s\n", err, o.picture, o.page(err))
	}
}

// lastReport is how long the report of a run may take that was interrupted.
const lastReport = 30 * time.Second

var errLate = fmt.Errorf("it was not there after %v", lastReport)

// reportOn writes the files that were asked for about a run that ended with err,
// and returns err and what went wrong. An interrupted run has a report of what
// there was by then, unless it is interrupted again.
func (o *options) reportOn(ctx context.Context, progress *progress, err error, recordings ...*recording.Recording) error {
	if !o.wantsReport() || len(recordings) == 0 {
		return err
	}
	if ctx.Err() != nil {
		o.mention(context.Cause(ctx), recordings)
		again, stop := signal.NotifyContext(context.WithoutCancel(ctx), signals...)
		defer stop()
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(again, lastReport, errLate)
		defer cancel()
	}
	failed := o.writeReport(ctx, progress, recordings...)
	switch {
	case failed != nil && errors.Is(err, syscall.EPIPE): // of which nobody wants to hear
		progress.say(failed.Error())
	case failed != nil && err != nil:
		return fmt.Errorf("%w; %w", err, failed)
	}
	return cmp.Or(err, failed)
}

// mention adds to recordings that a signal has ended the run, if that is so.
func (o *options) mention(cause error, recordings []*recording.Recording) {
	var signaled *interruption
	if !errors.As(cause, &signaled) {
		return
	}
	for _, r := range recordings {
		sentence := r.Interrupted(signaled.by(), o.invocations)
		if o.stack != "" { // the log is behind, and does not tell when
			sentence = "Ended by " + signaled.by() + ": this is what was known by then."
		}
		r.Intro = append(slices.Clone(r.Intro), sentence)
	}
}

// writeReport writes the files that were asked for, and says so.
func (o *options) writeReport(ctx context.Context, progress *progress, recordings ...*recording.Recording) error {
	var png []byte
	var noPicture error
	if o.picture != "" {
		progress.show("making the picture")
		png, noPicture = report.Picture(ctx, recordings...)
		progress.clear()
	}
	if page := o.page(noPicture); page != "" {
		var b bytes.Buffer
		if err := report.Write(&b, recordings...); err != nil {
			return err
		}
		if err := write(progress, page, b.Bytes()); err != nil {
			return err
		}
	}
	switch {
	case errors.Is(noPicture, browser.ErrNone):
		return fmt.Errorf("there is no picture %s, as there is no browser", o.picture)
	case noPicture != nil && ctx.Err() != nil:
		return fmt.Errorf("there is no picture %s: %w", o.picture, context.Cause(ctx))
	case noPicture != nil:
		return noPicture
	case o.picture != "":
		return write(progress, o.picture, png)
	}
	return nil
}

// write writes a file, and says so.
func write(progress *progress, path string, b []byte) error {
	if err := os.WriteFile(path, b, 0o666); err != nil {
		return err
	}
	progress.say("wrote " + path)
	return nil
}
