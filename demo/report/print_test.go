package report_test

import (
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/demo/browser/browsertest"
)

// Paper does not scroll, is not dark, and explains nothing on hover.
func TestItPrints(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	p.Emulate("", "dark")
	for _, invocations := range []int{1, 8} {
		s := newScenario().cold()
		for range invocations {
			s.call().hook("main.handle.func2 (/src/main.go:35)", 300*ms).hook("main.handle.func1 (/src/main.go:29)", 2*ms)
			s.idle(2, 302*ms).after(300 * ms)
		}
		open(t, p, s.end().Recording(), whole(time.Second))
		const width = 1032 // of a landscape A4 sheet, less its margins, in pixels
		p.Resize(width, 10_000)
		p.Emulate("print", "dark")
		for _, b := range boxes(p) {
			if b.Right > width+1 || b.Right-b.Left < 3 {
				t.Errorf("%d invocations: %s is at %.1f to %.1f, want it on the page", invocations, b.Name, b.Left, b.Right)
			}
		}
		if got := browsertest.Eval[string](p, `document.querySelector(".heard").innerText`); !strings.Contains(got,
			"handle.func2\tThe hook main.handle.func2 (/src/main.go:35) runs for 300 ms.") {
			t.Errorf("%d invocations: got the table\n%s\nwant it to explain the bars", invocations, got)
		}
		if got, want := browsertest.Eval[string](p,
			"getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)"; got != want {
			t.Errorf("got the ground %s, want %s", got, want)
		}
	}
}
