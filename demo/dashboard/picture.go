package dashboard

import (
	"bytes"
	"context"

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
	return browser.Picture(ctx, page.Bytes(), func(ctx context.Context, address string) ([]byte, error) {
		const width, height = 1440, 900
		err := chromedp.Do(ctx, browser.PreferColours(scheme), chromedp.EmulateViewport(width, height), chromedp.Navigate(address))
		if err != nil {
			return nil, err
		}
		return chromedp.Run(ctx, chromedp.FullScreenshot(100))
	})
}
