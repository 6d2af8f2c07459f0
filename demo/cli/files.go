package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/demo/report"
)

// Files are those to write about a run; an empty name is none.
type Files struct{ Report, Picture string }

// Wanted reports whether any are to be written.
func (f Files) Wanted() bool { return f.Report != "" || f.Picture != "" }

// Check reports at once what would go wrong when they are written.
func (f Files) Check() error {
	if f.Report != "" && f.Picture != "" && filepath.Clean(f.Report) == filepath.Clean(f.Picture) {
		return Usagef("-o and -png name the same file, %s", f.Report)
	}
	return cmp.Or(checkFile("-o", f.Report), checkFile("-png", f.Picture))
}

// page returns the name of the page to write, if any. Without a browser there
// is no picture, but the page that it would have been of.
func (f Files) page(noPicture error) string {
	if f.Report == "" && noPicture != nil {
		return f.Picture + ".html"
	}
	return f.Report
}

// Foresee reports before the run what will be missing after it.
func (f Files) Foresee(stderr io.Writer) {
	if f.Picture == "" {
		return
	}
	if _, err := browser.Find(); err != nil {
		fmt.Fprintf(stderr, "demo: %v; there will be no picture %s, but the page %s\n", err, f.Picture, f.page(err))
	}
}

// lastReport is how long the report of a run may take that was interrupted.
const lastReport = 30 * time.Second

var errLate = fmt.Errorf("it was not there after %v", lastReport)

// Write writes the files about a run that ended with err, and returns err and
// what went wrong. An interrupted run has a report of what there was by then,
// with that sentence, unless it is interrupted again.
func (f Files) Write(
	ctx context.Context, progress *Progress, err error, sentence Sentence, recordings ...*recording.Recording,
) error {
	if !f.Wanted() || len(recordings) == 0 {
		return err
	}
	if ctx.Err() != nil {
		var interrupted *Interruption
		if errors.As(context.Cause(ctx), &interrupted) {
			for _, r := range recordings {
				r.Intro = append(slices.Clone(r.Intro), sentence(r, interrupted.by()))
			}
		}
		again, stop := signal.NotifyContext(context.WithoutCancel(ctx), signals...)
		defer stop()
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(again, lastReport, errLate)
		defer cancel()
	}
	failed := f.write(ctx, progress, recordings...)
	switch {
	case failed != nil && errors.Is(err, syscall.EPIPE): // which Explain leaves out
		progress.Say(failed.Error())
	case failed != nil && err != nil:
		return fmt.Errorf("%w; %w", err, failed)
	}
	return cmp.Or(err, failed)
}

// A Sentence is about a recording whose run was ended: by what.
type Sentence func(r *recording.Recording, by string) string

func (f Files) write(ctx context.Context, progress *Progress, recordings ...*recording.Recording) error {
	var png []byte
	var noPicture error
	if f.Picture != "" {
		progress.Show("making the picture")
		png, noPicture = report.Picture(ctx, recordings...)
		progress.Clear()
	}
	if page := f.page(noPicture); page != "" {
		var b bytes.Buffer
		if err := report.Write(&b, recordings...); err != nil {
			return err
		}
		if err := WriteFile(progress, page, b.Bytes()); err != nil {
			return err
		}
	}
	switch {
	case errors.Is(noPicture, browser.ErrNone):
		return fmt.Errorf("there is no picture %s, as there is no browser", f.Picture)
	case noPicture != nil && ctx.Err() != nil:
		return fmt.Errorf("there is no picture %s: %w", f.Picture, context.Cause(ctx))
	case noPicture != nil:
		return noPicture
	case f.Picture != "":
		return WriteFile(progress, f.Picture, png)
	}
	return nil
}

// WriteFile writes a file, and reports that.
func WriteFile(progress *Progress, path string, b []byte) error {
	if err := os.WriteFile(path, b, 0o666); err != nil {
		return err
	}
	progress.Say("wrote " + path)
	return nil
}
