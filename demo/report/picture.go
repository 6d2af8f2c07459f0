package report

import (
	"bytes"
	"context"

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
	return browser.Picture(ctx, page.Bytes(), func(ctx context.Context, address string) ([]byte, error) {
		err := chromedp.Do(ctx, browser.PreferColours("light"), window(pictureWidth), chromedp.Navigate(address))
		if err != nil {
			return nil, err
		}
		more, err := chromedp.Run(ctx, chromedp.Evaluate[int64](cutOff))
		if err != nil {
			return nil, err
		}
		if err := chromedp.Do(ctx, window(pictureWidth+more)); err != nil {
			return nil, err
		}
		return chromedp.Run(ctx, chromedp.FullScreenshot(100))
	})
}

func window(width int64) chromedp.Action[chromedp.Void] {
	return chromedp.EmulateViewport(width, 800, chromedp.EmulateScale(pictureScale))
}
