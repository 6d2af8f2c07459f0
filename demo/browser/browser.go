// Package browser runs the Chromium or Chrome that is installed, without a
// window, through the DevTools protocol.
package browser

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// ErrNone is returned if no browser is installed.
var ErrNone = errors.New("a picture needs a browser: install Chromium (Debian and Ubuntu: apt-get install chromium; macOS: brew install --cask chromium) or Google Chrome")

// names are those of browsers that will do, the most likely one first.
var names = []string{
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell", "chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// Find returns the path of a browser, or ErrNone.
func Find() (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNone
}

// startTimeout is for a browser on a machine that has much else to do.
const startTimeout = time.Minute

// Start starts a browser with a profile of its own. Actions of package chromedp
// run in the context. Stop ends the browser and waits until nothing is left of
// it; it must be called.
func Start(ctx context.Context) (browserCtx context.Context, stop func(), err error) {
	path, err := Find()
	if err != nil {
		return nil, nil, err
	}
	quiet := func(string, ...any) {}
	browserCtx, cancel := chromedp.NewContext(ctx, chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet),
		chromedp.WithAllocatorOptions(
			chromedp.ExecPath(path),
			chromedp.WSURLReadTimeout(startTimeout),
			// It has no business on the network, and yet asks for updates.
			chromedp.Flag("no-proxy-server", true),
			chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
			chromedp.Flag("disable-component-update", true),
			chromedp.Flag("disable-quic", true),
			chromedp.Flag("disable-gpu", true),
		))
	stop = sync.OnceFunc(func() {
		_ = chromedp.Cancel(browserCtx) // it fails if the browser is gone already
		cancel()
	})
	if err := chromedp.Do(browserCtx); err != nil {
		stop()
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		sentence, _, _ := strings.Cut(err.Error(), "\n")
		return nil, nil, fmt.Errorf("start the browser %s: %s", path, sentence)
	}
	return browserCtx, stop, nil
}

// Picture starts a browser, lets it take a picture of a page, and ends it. take gets
// the address of the page, and is called in the browser's context.
func Picture(ctx context.Context, html []byte, take func(browserCtx context.Context, address string) ([]byte, error)) ([]byte, error) {
	tmp, err := os.MkdirTemp("", "postinvoke-picture-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	path := filepath.Join(tmp, "page.html")
	if err := os.WriteFile(path, html, 0o600); err != nil {
		return nil, err
	}
	browserCtx, stop, err := Start(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	png, err := take(browserCtx, (&url.URL{Scheme: "file", Path: path}).String())
	switch {
	case err == nil:
		return png, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return nil, fmt.Errorf("make the picture: %w", err)
}

// PreferColours makes pages be shown as for users who prefer the scheme, light
// or dark.
func PreferColours(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}
