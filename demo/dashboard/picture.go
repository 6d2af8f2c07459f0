package dashboard

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"

	"example.com/postinvoke/demo/browser"
)

// Picture returns the drawing as an image, in PNG, as wide as the window of a
// person on call. scheme is light or dark. It needs a browser: without one the
// error is [browser.ErrNone].
func (d *Drawing) Picture(ctx context.Context, scheme string) ([]byte, error) {
	var page bytes.Buffer
	if err := d.Write(&page); err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "postinvoke-dashboard-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	path := filepath.Join(tmp, "dashboard.html")
	if err := os.WriteFile(path, page.Bytes(), 0o600); err != nil {
		return nil, err
	}
	browserCtx, stop, err := browser.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	const width, height = 1440, 900
	err = chromedp.Do(browserCtx, browser.PreferColours(scheme), chromedp.EmulateViewport(width, height),
		chromedp.Navigate((&url.URL{Scheme: "file", Path: path}).String()))
	if err != nil {
		return nil, pictureError(ctx, err)
	}
	png, err := chromedp.Run(browserCtx, chromedp.FullScreenshot(100))
	if err != nil {
		return nil, pictureError(ctx, err)
	}
	return png, nil
}

func pictureError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("make the picture: %w", err)
}
