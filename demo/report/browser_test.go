package report_test

import (
	"bytes"
	"fmt"
	"image/png"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/browser/browsertest"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/demo/report"
	"example.com/postinvoke/internal/ci"
)

// open shows the report in a browser.
func TestMain(m *testing.M) { browsertest.Main(m) }

func open(t *testing.T, p *browsertest.Page, recordings ...*recording.Recording) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(page(t, recordings...)), 0o666); err != nil {
		t.Fatal(err)
	}
	p.Open((&url.URL{Scheme: "file", Path: path}).String())
}

// find returns the first bar whose name begins so.
func find(t *testing.T, all []box, name string) box {
	t.Helper()
	i := slices.IndexFunc(all, func(b box) bool { return strings.HasPrefix(b.Name, name) })
	if i < 0 {
		t.Fatalf("no bar %q", name)
	}
	return all[i]
}

func TestBarsAreInOrderAndTrueToLength(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	p.Resize(1600, 1000)
	open(t, p, whole(5*time.Second))
	all := boxes(p)
	var order []string
	for _, lane := range []string{"caller", "function", "hooks"} {
		for _, b := range all {
			if b.Lane == lane {
				order = append(order, b.Name)
			}
		}
	}
	const call, hooks = "has the response after 2.0 ms", "handle.func2, handle.func1"
	want := strings.Join([]string{call, call, "init, handler and answer, handler and answer, SIGTERM", hooks, hooks}, ", ")
	if got := strings.Join(order, ", "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	handler, frozen := find(t, all, "handler"), find(t, all, "frozen")
	long, short := find(t, all, "handle.func2"), find(t, all, "handle.func1")
	for _, pair := range [][2]box{{handler, long}, {long, short}, {short, frozen}} {
		if pair[0].Right > pair[1].Left+0.5 {
			t.Errorf("%s ends at %.1f, after %s begins at %.1f", pair[0].Name, pair[0].Right, pair[1].Name, pair[1].Left)
		}
	}
	if ratio := (long.Right - long.Left) / (short.Right - short.Left); ratio < 2.9 || ratio > 3.1 {
		t.Errorf("a hook of 3 s is %.2f times as long as one of 1 s", ratio)
	}
	for _, b := range all {
		if b.Right-b.Left < 3 {
			t.Errorf("%s is %.1f pixels wide: not to be seen", b.Name, b.Right-b.Left)
		}
	}
}

func TestLongFrozenStretchesAreFolded(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	p.Resize(1200, 900)
	var widths []string
	for _, idle := range []time.Duration{3 * time.Second, 6 * time.Minute} {
		open(t, p, whole(idle))
		all := boxes(p)
		hook, frozen := find(t, all, "handle.func2"), find(t, all, "frozen")
		widths = append(widths, fmt.Sprintf("%.0f %.0f", hook.Right-hook.Left, frozen.Right-frozen.Left))
		if frozen.LabelEnd == 0 || frozen.LabelLeft < frozen.Left || frozen.LabelEnd > frozen.Right {
			t.Errorf("frozen for %v: the label is at %.0f to %.0f, the bar at %.0f to %.0f", idle, frozen.LabelLeft,
				frozen.LabelEnd, frozen.Left, frozen.Right)
		}
	}
	if widths[0] != widths[1] {
		t.Errorf("got widths of hook and frozen stretch %s with 3 s, %s with 6 min; want the same", widths[0], widths[1])
	}
}

func TestItFitsEveryWindow(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	grounds := map[string]bool{}
	for _, width := range []int64{360, 1000, 1600} {
		for _, scheme := range []string{"light", "dark"} {
			p.Resize(width, 800)
			p.Emulate("", scheme)
			open(t, p, whole(5*time.Second))
			if got := browsertest.Eval[int64](p, "document.documentElement.scrollWidth"); got > width {
				t.Errorf("%d pixels wide: the page has %d", width, got)
			}
			// The timeline may be wider than a narrow window, but is not cut off.
			plot := browsertest.Eval[box](p,
				`(() => { const r = document.querySelector(".plot").getBoundingClientRect(); `+
					`return { Left: r.left, Right: r.right }; })()`)
			for _, b := range boxes(p) {
				if b.Left < plot.Left-1 || b.Right > plot.Right+1 || b.LabelEnd > plot.Right+1 {
					t.Errorf("%d pixels wide: cut off: %+v", width, b)
				}
			}
			const hint = `document.querySelector(".sideways").getBoundingClientRect().height > 0`
			if got, want := browsertest.Eval[bool](p, hint), width < 1000; got != want {
				t.Errorf("%d pixels wide: got the hint at what is cut off %v, want %v", width, got, want)
			}
			grounds[browsertest.Eval[string](p, "getComputedStyle(document.body).backgroundColor")] = true
		}
	}
	if len(grounds) != 2 {
		t.Errorf("got grounds %v, want a light and a dark one", grounds)
	}
}

const explained = `document.querySelector(".explain").textContent`

func TestBarsAreExplained(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	p.Resize(1200, 900)
	open(t, p, whole(5*time.Second))
	hook := find(t, boxes(p), "handle.func2")
	p.Do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved,
		(hook.Left+hook.Right)/2, (hook.Top+hook.Bottom)/2))
	p.Wait(explained + `.includes("hooks, handle.func2, at 0.012 s, 3.00 s. The hook main.handle.func2 ` +
		`(/src/main.go:35) runs for 3.00 s")`)

	p.Do(chromedp.KeyEvent(kb.Tab))
	p.Wait(explained + `.startsWith("platform, init")`)
	for _, step := range []struct{ key, want string }{
		{kb.ArrowDown, "function, init"},
		{kb.ArrowUp, "platform, init"},
		{kb.End, "function, SIGTERM"},
		{kb.Home, "platform, init"},
		{kb.ArrowRight, "function, init"},
		{kb.ArrowRight, "extension, init"},
		{kb.ArrowRight, "caller, has the response"},
		{kb.ArrowLeft, "extension, init"},
	} {
		p.Do(chromedp.KeyEvent(step.key))
		if got := browsertest.Eval[string](p, explained); !strings.HasPrefix(got, step.want) {
			t.Errorf("got %q, want %s…", got, step.want)
		}
	}
	// One Tab leaves the timeline.
	p.Do(chromedp.KeyEvent(kb.Tab))
	if browsertest.Eval[bool](p, `document.activeElement.matches(".bar")`) {
		t.Error("the Tab key goes from bar to bar")
	}
}

func TestScreenReadersGetTheTable(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	open(t, p, whole(5*time.Second))
	rows := browsertest.Eval[[]string](p,
		`[...document.querySelectorAll("figure table tbody tr")].map((tr) => tr.innerText)`)
	if len(rows) != len(boxes(p)) {
		t.Errorf("got %d rows, want one for each of %d bars", len(rows), len(boxes(p)))
	}
	if all := strings.Join(rows, "\n"); !strings.Contains(all, "0.012 s\t3.00 s\thooks\thandle.func2\tThe hook") {
		t.Errorf("got rows\n%s", all)
	}
	unnamed := browsertest.Eval[int](p,
		`[...document.querySelectorAll(".bar")].filter((bar) => bar.getAttribute("role") !== "img" || `+
			`!bar.getAttribute("aria-label")).length`)
	if unnamed > 0 {
		t.Errorf("%d bars have no name", unnamed)
	}
}

func TestMarkupInTheLogDoesNothing(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	const markup = `</script></style><script>document.title="pwned"</script><img src=x onerror='document.title="pwned"'>`
	open(t, p, newScenario().cold().call().line("function", markup).idle(0, 0).Recording())
	if got := browsertest.Eval[string](p, "document.title"); strings.Contains(got, "pwned") {
		t.Error("markup in the log was executed")
	}
	if got := browsertest.Eval[string](p,
		`[...document.querySelectorAll(".log .function .text")].map((e) => e.textContent).at(-1)`); got != markup {
		t.Errorf("got %s, want the line as it was printed", got)
	}
}

// Labels stand in their bars and beside them, up to the next bar, and times do not
// run into each other.
func TestLabelsDoNotCollide(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	p.Resize(1000, 800)
	s := newScenario().after(774409 * ms).cold()
	for _, took := range []time.Duration{250 * ms, 300 * ms, 800 * ms, 3 * time.Second} {
		s.call().hook("main.handle.func2 (/src/main.go:35)", took).hook("mw.(*WWW).mmm (/src/mmm.go:1)", took/2)
		s.idle(2, took*2).after(took)
	}
	open(t, p, s.end().Recording())
	all := boxes(p)
	for i, b := range all {
		for _, next := range all[i+1:] {
			if next.Top == b.Top && next.Left > b.Left && b.LabelEnd > next.Left+3 {
				t.Errorf("%s: the label ends at %.1f, and %s begins at %.1f", b.Name, b.LabelEnd, next.Name, next.Left)
			}
		}
	}
	times := browsertest.Eval[[]box](p,
		`[...document.querySelectorAll(".moment span")].filter((e) => e.getClientRects().length).map((e) => {`+
			`const text = new Range(); text.selectNodeContents(e); const r = text.getBoundingClientRect();`+
			`return { Name: e.textContent, Left: r.left, Right: r.right }; })`)
	for i := range times[1:] {
		if times[i+1].Left < times[i].Right+3 {
			t.Errorf("%s ends at %.1f, %s begins at %.1f", times[i].Name, times[i].Right, times[i+1].Name, times[i+1].Left)
		}
	}
	if len(times) < 8 {
		t.Errorf("got the times %v, want those of long stretches", times)
	}
}

// On a narrow screen the beginning of a bar may be out of sight, but not what
// it is.
func TestLabelsStayInSight(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	p.Resize(500, 800)
	open(t, p, whole(5*time.Second))
	for _, scrolled := range []int{0, 40, 120} {
		edge := browsertest.Eval[float64](p, fmt.Sprintf(
			`(document.querySelector(".scroll").scrollLeft = %d, document.querySelector(".name").getBoundingClientRect().right)`,
			scrolled))
		for _, name := range []string{"invocation", "handle.func2"} {
			if b := find(t, boxes(p), name); b.LabelLeft < edge-1 || b.LabelEnd < b.LabelLeft+50 {
				t.Errorf("scrolled by %d: the label of %s is at %.1f to %.1f, the edge at %.1f",
					scrolled, name, b.LabelLeft, b.LabelEnd, edge)
			}
		}
	}
}

// A picture does not scroll: it is as wide as its timeline.
func TestThePictureOfALongRun(t *testing.T) {
	t.Parallel()
	long := newScenario().cold()
	for range 4 {
		long.call().idle(0, 0).after(time.Minute)
	}
	b, err := report.Picture(t.Context(), long.end().Recording())
	if err == browser.ErrNone {
		ci.Skip(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil || picture.Width <= 2000 || picture.Height < 1000 {
		t.Errorf("got a picture of %d by %d pixels, error %v; want it wider than 2000, with the log",
			picture.Width, picture.Height, err)
	}
}

func TestPictureWithoutABrowser(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if path, err := browser.Find(); err == nil {
		t.Skipf("%s is not found by the PATH", path)
	}
	if _, err := report.Picture(t.Context(), whole(time.Second)); err != browser.ErrNone {
		t.Errorf("got %v, want %v", err, browser.ErrNone)
	}
}
