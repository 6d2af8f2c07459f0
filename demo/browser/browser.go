// Package browser takes pictures of pages with the Chromium or Chrome that is
// installed, by its command line.
package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ErrNone is returned if no browser is installed.
var ErrNone = errors.New("a picture needs a browser: install Chromium (Debian and Ubuntu: apt-get install chromium; " +
	"macOS: brew install --cask chromium) or Google Chrome")

// names are those of browsers that work, the most likely one first.
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

// Offline are flags that keep a browser off the network: without them it looks
// for updates.
var Offline = []string{
	"no-proxy-server", "host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
	"disable-background-networking", "disable-component-update", "disable-quic",
}

const (
	timeout     = time.Minute      // for a browser on a busy machine
	exitTimeout = 10 * time.Second // for the processes of a browser that was killed
	firstHeight = 2000             // of the window, before the height of the page is known
	windowParts = 200              // more than what the window shows above the page
)

// measure is appended to the page, and reports how high it is.
const measure = `<script>
	document.documentElement.dataset.height = Math.ceil(document.body.getBoundingClientRect().bottom);
</script>`

var measured = regexp.MustCompile(`<html[^>]* data-height="(\d+)"`)

// Picture returns a picture of a page, in PNG, that is as high as the page. The
// width is in pixels of CSS; in the picture each is scale pixels. The
// page must not have a policy that forbids scripts.
func Picture(ctx context.Context, page []byte, width, scale int) ([]byte, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "postinvoke-picture-")
	if err != nil {
		return nil, err
	}
	b := browser{path: path, tmp: tmp}
	defer b.remove()
	if err := os.WriteFile(b.file("page.html"), append(page[:len(page):len(page)], measure...), 0o600); err != nil {
		return nil, err
	}
	height, window := 0, firstHeight
	for range 2 { // the second time the height is known
		height, err = b.shoot(ctx, width, window+windowParts, scale)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			return nil, fmt.Errorf("make the picture with %s: %w", path, err)
		case height <= window:
			return b.cut(width*scale, height*scale)
		}
		window = height
	}
	return nil, fmt.Errorf("make the picture with %s: the page changes its height", path)
}

// A browser has its profile, the page and the picture in a separate folder.
type browser struct{ path, tmp string }

func (b *browser) file(name string) string { return filepath.Join(b.tmp, name) }

// remove removes what the browser has left.
func (b *browser) remove() {
	// A browser that was killed also leaves its socket, in a folder beside ours.
	if socket, err := os.Readlink(b.file("profile/SingletonSocket")); err == nil {
		folder := filepath.Dir(socket)
		for _, path := range []string{socket, filepath.Join(folder, "SingletonCookie"), folder} {
			_ = os.Remove(path)
		}
	}
	_ = os.RemoveAll(b.tmp)
}

// shoot takes a picture of the window, and returns the height of the page.
func (b *browser) shoot(ctx context.Context, width, height, scale int) (int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("it took more than %v", timeout))
	defer cancel()
	args := []string{
		"--headless", "--dump-dom", "--screenshot=" + b.file("picture.png"), "--user-data-dir=" + b.file("profile"),
		fmt.Sprintf("--window-size=%d,%d", width, height), fmt.Sprintf("--force-device-scale-factor=%d", scale),
		"--hide-scrollbars", "--force-color-profile=srgb", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--no-default-browser-check", "--disable-breakpad",
		"--password-store=basic", "--use-mock-keychain",
	}
	for _, flag := range Offline {
		args = append(args, "--"+flag)
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium refuses to run as root with it; the page is ours
	}
	page := &url.URL{Scheme: "file", Path: b.file("page.html")}
	cmd := exec.CommandContext(ctx, b.path, append(args, page.String())...)
	var dom, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &dom, &stderr // its processes have it open: Wait waits for all of them
	cmd.WaitDelay = exitTimeout
	err := cmd.Run()
	size := measured.FindSubmatch(dom.Bytes())
	switch {
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case err != nil:
		return 0, fmt.Errorf("%w: %s", err, lastLine(stderr.String()))
	case size == nil:
		return 0, fmt.Errorf("it did not show %s: a browser in a snap or Flatpak cannot read there; "+
			"set TMPDIR to a folder that it can read, such as one in your home", b.file("page.html"))
	}
	return strconv.Atoi(string(size[1]))
}

// lastLine is the last line of what the browser logged.
func lastLine(log string) string {
	log = strings.TrimSpace(log)
	return log[strings.LastIndex(log, "\n")+1:]
}

// cut returns the upper part of the picture, in PNG: the window is higher than
// the page.
func (b *browser) cut(width, height int) ([]byte, error) {
	f, err := os.Open(b.file("picture.png"))
	if err != nil {
		return nil, fmt.Errorf("%s took no picture; it may be too old: install a newer one: %w", b.path, err)
	}
	defer f.Close()
	all, err := png.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("read the picture that %s took: %w", b.path, err)
	}
	upper := image.Rect(0, 0, width, height)
	whole, ok := all.(interface {
		SubImage(image.Rectangle) image.Image
	})
	if !ok || !upper.In(all.Bounds()) {
		return nil, fmt.Errorf("%s took a picture of %v pixels, not of %v; it may be too old: install a newer one",
			b.path, all.Bounds().Max, upper.Max)
	}
	var out bytes.Buffer
	err = png.Encode(&out, whole.SubImage(upper))
	return out.Bytes(), err
}
