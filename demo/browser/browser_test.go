//go:build unix

package browser_test

import (
	"bytes"
	"context"
	"errors"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/internal/ci"
)

// A page that is higher than the first window is in the picture, whole, and
// nothing beneath it.
func TestAPictureIsAsHighAsThePage(t *testing.T) {
	if _, err := browser.Find(); err != nil {
		ci.Skip(t, err.Error())
	}
	const page = `<!DOCTYPE html><html lang="en"><body style="margin: 0"><div style="height: 3999px"></div>` +
		`<div style="height: 1px; background: #ff0000"></div></body></html>`
	picture, err := browser.Picture(t.Context(), []byte(page), 600, 2)
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	if size := got.Bounds().Size(); size.X != 1200 || size.Y != 8000 {
		t.Fatalf("got a picture of %v, want 1200 by 8000", size)
	}
	red := color.RGBA{255, 0, 0, 255}
	for _, x := range []int{0, 1199} {
		if r, g, b, _ := got.At(x, 7999).RGBA(); (color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}) != red {
			t.Errorf("got %v at the end of the page, want %v", got.At(x, 7999), red)
		}
	}
}

// install puts a script in the place of the browser, and returns the folder for
// temporary files.
func install(t *testing.T, script string) (tmp string) {
	t.Helper()
	bin, tmp := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "chromium"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("TMPDIR", tmp)
	return tmp
}

func TestBrowsersThatTakeNoPicture(t *testing.T) {
	for name, test := range map[string]struct{ script, want string }{
		"in a snap": {"", "cannot read there; set TMPDIR to a folder that it can read"},
		"fails":     {"echo starting >&2; echo 'no display' >&2; exit 3", "chromium: exit status 3: no display"},
		"of a page that is far too long": {`echo '<!DOCTYPE html><html lang="en" data-height="900000">'`,
			"a picture of 600 by 900000 pixels is too large for a browser: write the page instead"},
		"too old": {`echo '<!DOCTYPE html><html lang="en" data-height="20">'`,
			"the browser took no picture; it may be too old"},
	} {
		t.Run(name, func(t *testing.T) {
			tmp := install(t, test.script)
			_, err := browser.Picture(t.Context(), []byte("<html></html>"), 600, 1)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got the error %v, want %q in it", err, test.want)
			}
			wantEmpty(t, tmp)
		})
	}
}

func wantEmpty(t *testing.T, folder string) {
	t.Helper()
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("got %v, %v in the folder for temporary files, want nothing", left, err)
	}
}

// Ctrl-C ends the browser, and nothing of it is left: neither its profile nor the
// socket that it has in the folder for temporary files.
func TestAnInterruptedPicture(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	if err := syscall.Mkfifo(started, 0o600); err != nil {
		t.Fatal(err)
	}
	tmp := install(t, `for flag; do case $flag in --user-data-dir=*) profile=${flag#*=}; esac; done
mkdir "$profile" "$TMPDIR/org.chromium.1"
touch "$TMPDIR/org.chromium.1/SingletonSocket" "$TMPDIR/org.chromium.1/SingletonCookie"
ln -s "$TMPDIR/org.chromium.1/SingletonSocket" "$profile"
echo $$ > `+started+`
exec sleep 3600`)
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("ended by a signal")
	pid := make(chan string, 1)
	go func() {
		b, _ := os.ReadFile(started) // when the browser runs
		pid <- string(b)
		cancel(interrupted)
	}()
	if _, err := browser.Picture(ctx, []byte("<html></html>"), 600, 1); err != interrupted {
		t.Errorf("got the error %v, want %v", err, interrupted)
	}
	n, err := strconv.Atoi(strings.TrimSpace(<-pid))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(n, 0); err != syscall.ESRCH {
		t.Errorf("got %v for a signal to the browser, want %v: it has ended", err, syscall.ESRCH)
	}
	wantEmpty(t, tmp)
}
