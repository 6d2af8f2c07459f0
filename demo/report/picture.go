package report

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/recording"
)

// The picture is as wide as a README, or as the timeline if that is wider, with
// two pixels for one.
const (
	pictureWidth = 1000
	pictureScale = 2
)

// cutOff is the width, in pixels, of what one would have to scroll to see.
const cutOff = `(() => {
	document.querySelector("main").style.maxWidth = "none";
	return Math.max(0, ...[...document.querySelectorAll(".scroll")].map((e) => e.scrollWidth - e.clientWidth));
})()`

// Picture returns the report as an image, in PNG. It needs a browser: without
// one the error is [browser.ErrNone].
func Picture(ctx context.Context, recordings ...*recording.Recording) ([]byte, error) {
	var page bytes.Buffer
	if err := write(&page, true, recordings); err != nil {
		return nil, err
	}
	if _, err := browser.Find(); err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "postinvoke-picture-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	path := filepath.Join(tmp, "report.html")
	if err := os.WriteFile(path, page.Bytes(), 0o600); err != nil {
		return nil, err
	}
	browserCtx, stop, err := browser.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	if err := chromedp.Do(browserCtx,
		browser.PreferColours("light"),
		window(pictureWidth),
		chromedp.Navigate((&url.URL{Scheme: "file", Path: path}).String()),
	); err != nil {
		return nil, pictureError(ctx, err)
	}
	more, err := chromedp.Run(browserCtx, chromedp.Evaluate[int64](cutOff))
	if err != nil {
		return nil, pictureError(ctx, err)
	}
	if err := chromedp.Do(browserCtx, window(pictureWidth+more)); err != nil {
		return nil, pictureError(ctx, err)
	}
	png, err := chromedp.Run(browserCtx, chromedp.FullScreenshot(100))
	if err != nil {
		return nil, pictureError(ctx, err)
	}
	return png, nil
}

func window(width int64) chromedp.Action[chromedp.Void] {
	return chromedp.EmulateViewport(width, 800, chromedp.EmulateScale(pictureScale))
}

func pictureError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("make the picture: %w", err)
}
