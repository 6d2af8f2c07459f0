package report_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"example.com/postinvoke/demo/browser/browsertest"
)

var sheetPattern = regexp.MustCompile(`/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]`)

// lost are the bars that are not to be seen on the page, whole, in one piece and
// with the label beside them.
const lost = `(() => {
	const hits = (x, y, element) => x > 0 && x < innerWidth && element.contains(document.elementFromPoint(x, y));
	return [...document.querySelectorAll("figure")].flatMap((figure) => {
		const plot = figure.querySelector(".plot"), all = plot.getBoundingClientRect(),
			strips = [...figure.querySelectorAll(".strip use")];
		return [...plot.querySelectorAll(".bar")].filter((bar) => {
			const r = bar.querySelector("rect").getBoundingClientRect(), y = (r.top + r.bottom) / 2,
				ends = [r.left + 1, r.right - 1];
			const label = bar.querySelector("text.outside")?.getBoundingClientRect() ?? r;
			if (!strips.length) return !ends.every((x) => hits(x, y, plot));
			return !strips.some((use) => {
				const scale = use.width.baseVal.value / all.width, view = use.parentNode.viewBox.baseVal;
				const inView = (x) => (x - all.left) * scale > view.x - 1 && (x - all.left) * scale < view.x + view.width + 1;
				return inView(label.left) && inView(label.right) && ends.every((x) => {
					const at = new DOMPoint((x - all.left) * scale, y - all.top).matrixTransform(use.getScreenCTM());
					return hits(at.x, at.y, use);
				});
			});
		}).map((bar) => bar.dataset.name);
	});
})()`

// Paper does not scroll, and is not dark.
func TestItPrints(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	p.Emulate("", "dark")
	for _, invocations := range []int{1, 4, 12} {
		s := newScenario().cold()
		for range invocations {
			s.call().hook("main.handle.func2 (/src/main.go:35)", 300*ms).hook("main.handle.func1 (/src/main.go:29)", 2*ms)
			s.idle(2, 302*ms).after(300 * ms)
		}
		open(t, p, s.end().Recording(), whole(time.Second))
		sheet := sheetPattern.FindSubmatch(browsertest.Run(p, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize())))
		if sheet == nil {
			t.Fatal("want a PDF whose pages have a size")
		}
		points, err := strconv.ParseFloat(string(sheet[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		const margin = 12 / 25.4 * 96                  // of the style sheet's @page, in pixels
		p.Resize(int64(points/72*96-2*margin), 10_000) // all pages in one
		p.Emulate("print", "dark")
		if got := browsertest.Eval[[]string](p, lost); len(got) > 0 {
			t.Errorf("%d invocations: not on the page: %s", invocations, strings.Join(got, ", "))
		}
		const smallest = `Math.min(12, ...[...document.querySelectorAll(".strip use")].map((use) => 12 * ` +
			`use.getScreenCTM().a))`
		if got := browsertest.Eval[float64](p, smallest); got < 8 {
			t.Errorf("%d invocations: the words are %.1f pixels high, want them legible", invocations, got)
		}
		if got, want := browsertest.Eval[string](p,
			"getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)"; got != want {
			t.Errorf("got the ground %s, want %s", got, want)
		}
	}
}

var stripPattern = regexp.MustCompile(`viewBox="([0-9.]+) 0 ([0-9.]+) [^>]*><use [^>]*width="([0-9]+)"`)

// A bar that is itself too wide for a page is cut, and nothing is left out.
func TestABarThatIsTooWideForAPage(t *testing.T) {
	s := newScenario().cold().call().hook("main.a (a.go:1)", time.Hour).idle(1, time.Hour)
	for range 20 {
		s.after(time.Minute).call().idle(0, 0)
	}
	strips := stripPattern.FindAllStringSubmatch(page(t, s.end().Recording()), -1)
	end, width := 0.0, 0.0
	for _, strip := range strips {
		var n [3]float64
		for i := range n {
			var err error
			if n[i], err = strconv.ParseFloat(strip[i+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		if n[0]-end > 0.01 || end-n[0] > 0.01 || n[1] > 1250 {
			t.Errorf("got a strip from %.1f, %.1f wide; want it to begin at %.1f, and at most 1250", n[0], n[1], end)
		}
		end, width = n[0]+n[1], n[2]
	}
	if len(strips) < 3 || end < width || end > width+1 {
		t.Errorf("got %d strips up to %.1f, want some up to %.1f", len(strips), end, width)
	}
}
