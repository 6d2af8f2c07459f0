// Package browser takes pictures of pages with the Chromium or Chrome that is
// installed, by its command line.
package browser

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
	firstHeight = 3000             // of the window, before the height of the page is known
	windowParts = 200              // more than what the window shows above the page
	mostPixels  = 300_000_000      // of a picture: a browser needs gigabytes for more, or crashes
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
	tmp, err := os.MkdirTemp("", "picture-") // short: the browser has a socket in it
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	if err := os.WriteFile(filepath.Join(tmp, "page.html"), slices.Concat(page, []byte(measure)), 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("%s took more than %v", path, timeout))
	defer cancel()
	height, window := firstHeight, 0
	for height > window { // a second time when the height is known
		window = height
		if w, h := width*scale, window*scale; h > mostPixels/w {
			return nil, fmt.Errorf("a picture of %d by %d pixels is too large for a browser: write the page instead (-o)", w, h)
		}
		if height, err = shoot(ctx, path, tmp, width, window+windowParts, scale); err != nil {
			return nil, cmp.Or(context.Cause(ctx), fmt.Errorf("make the picture with %s: %w", path, err))
		}
	}
	return cut(filepath.Join(tmp, "picture.png"), width*scale, height*scale)
}

// shoot takes a picture of the window, and returns the height of the page. Both, the
// profile, and what the browser leaves when it is killed, are in the folder tmp.
func shoot(ctx context.Context, path, tmp string, width, height, scale int) (int, error) {
	args := []string{
		"--headless", "--dump-dom", "--screenshot=" + filepath.Join(tmp, "picture.png"),
		"--user-data-dir=" + filepath.Join(tmp, "profile"),
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
	page := filepath.Join(tmp, "page.html")
	cmd := exec.CommandContext(ctx, path, append(args, (&url.URL{Scheme: "file", Path: page}).String())...)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	var dom, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &dom, &stderr // its processes have it open: Wait waits for all of them
	cmd.WaitDelay = exitTimeout
	if err := cmd.Run(); err != nil {
		log := strings.TrimSpace(stderr.String())
		return 0, fmt.Errorf("%w: %s", err, log[strings.LastIndex(log, "\n")+1:])
	}
	size := measured.FindSubmatch(dom.Bytes())
	if size == nil {
		return 0, fmt.Errorf("it did not show %s: a browser in a snap or Flatpak cannot read there; "+
			"set TMPDIR to a folder that it can read, such as one in your home", page)
	}
	return strconv.Atoi(string(size[1]))
}

// cut returns the upper part of a picture, in PNG: the window is higher than the page.
func cut(path string, width, height int) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the browser took no picture; it may be too old: %w", err)
	}
	all, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("read the picture that the browser took: %w", err)
	}
	upper := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(upper, upper.Rect, all, image.Point{}, draw.Src)
	var out bytes.Buffer
	err = png.Encode(&out, upper)
	return out.Bytes(), err
}
