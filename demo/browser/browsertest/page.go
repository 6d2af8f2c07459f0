// Package browsertest shows pages in a real browser without a window, one for
// all tests of a package. It drives the browser through the DevTools protocol,
// since tests click. An error is fatal to the test; a page that logs something,
// or that requests something from elsewhere, fails it.
package browsertest

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/internal/ci"
)

// timeout is for a busy machine.
const timeout = 2 * time.Minute

// start starts the browser, when the first test needs it.
var start = sync.OnceValues(func() (context.Context, error) {
	path, err := browser.Find()
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.WSURLReadTimeout(timeout), chromedp.Flag("disable-gpu", true),
	}
	for _, flag := range browser.Offline {
		if name, value, ok := strings.Cut(flag, "="); ok {
			options = append(options, chromedp.Flag(name, value))
		} else {
			options = append(options, chromedp.Flag(name, true))
		}
	}
	quiet := func(string, ...any) {}
	started, _ = chromedp.NewContext(context.Background(),
		chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet), chromedp.WithAllocatorOptions(options...))
	return started, chromedp.Do(started)
})

// started is the context of the browser; nil before it was started.
var started context.Context

// Main runs the tests of a package, and ends the browser. Call it in TestMain of
// a package that calls New.
func Main(m *testing.M) {
	code := m.Run()
	if started != nil {
		_ = chromedp.Cancel(started) // it fails if the browser has ended
	}
	os.Exit(code)
}

// A Page is a tab of the browser.
type Page struct {
	t    testing.TB
	ctx  context.Context
	home string // what the addresses of all requests begin with

	mu        sync.Mutex
	problems  []string
	tolerated string // in a problem that is none
}

// New opens a tab, which the end of the test closes. Without a browser the test
// is skipped, but in CI it fails.
func New(t testing.TB) *Page {
	t.Helper()
	b, err := start()
	switch {
	case err == browser.ErrNone:
		ci.Skip(t, err.Error())
	case err != nil:
		t.Fatal(err)
	}
	tab, closeTab := chromedp.NewContext(b)
	t.Cleanup(closeTab)
	p := &Page{t: t, ctx: tab}
	p.must(chromedp.Do(tab)) // opens the tab; with the deadline below, that would be its end
	ctx, cancel := context.WithTimeout(tab, timeout)
	t.Cleanup(cancel)
	p.ctx = ctx
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, problem := range p.problems {
			t.Error(problem)
		}
	})
	p.must(chromedp.Listen(ctx, p.listen))
	call(p, network.Enable.Method, network.EnableParams{})
	call(p, emulation.SetFocusEmulationEnabled.Method, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return p
}

func call(p *Page, method string, params any) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		return t.Call(ctx, method, params, nil)
	}))
}

func (p *Page) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *Page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.must(chromedp.Do(p.ctx, actions...))
}

// listen records what a page must not do.
func (p *Page) listen(event any) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		problem = fmt.Sprintf("the page wrote to the console (%s)", e.Type)
		for _, arg := range e.Args {
			problem += " " + string(arg.Value)
		}
	case *runtime.EventExceptionThrown:
		problem = "an exception in the page: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			problem += " " + e.ExceptionDetails.Exception.Description
		}
	case *log.EventEntryAdded:
		problem = "the browser logged: " + e.Entry.Text + " " + e.Entry.URL
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; !strings.HasPrefix(url, p.home) && !strings.HasPrefix(url, "data:") {
			problem = "the page requested " + url
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if problem != "" && (p.tolerated == "" || !strings.Contains(problem, p.tolerated)) {
		p.problems = append(p.problems, problem)
	}
}

// Tolerate allows the page to log what contains the text.
func (p *Page) Tolerate(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tolerated = text
}

// Open goes to an address. A request for anything that does not begin with it
// fails the test.
func (p *Page) Open(url string) {
	p.t.Helper()
	p.home = url
	p.do(chromedp.Navigate(url))
}

// Resize sets the width and height of the window.
func (p *Page) Resize(width, height int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, height))
}

// Touch makes the window that of a device without a mouse.
func (p *Page) Touch(width, height int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, height, chromedp.EmulateMobile, chromedp.EmulateTouch))
}

// Prefer sets the user's colour scheme, light or dark.
func (p *Page) Prefer(scheme string) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

// Press presses keys, such as those of package kb.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// Click clicks on the first element that the CSS selector finds.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// Point moves the mouse to a place in the window.
func (p *Page) Point(x, y float64) {
	p.t.Helper()
	p.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y))
}

// Wait waits until the JavaScript expression is true.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	poll := chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(timeout/2))
	if err := chromedp.Do(p.ctx, poll); err != nil {
		body, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		p.t.Fatalf("wait for %s: %v; the page says:\n%s", expression, err, body)
	}
}

// ShowPrinted shows the page as it is on paper of that size, in pixels, printed
// by a user who prefers the colour scheme.
func (p *Page) ShowPrinted(width, height int64, scheme string) {
	p.t.Helper()
	p.Resize(width, height)
	call(p, emulation.SetEmulatedMedia.Method, emulation.SetEmulatedMediaParams{
		Media:    "print",
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}

// Eval returns the value of a JavaScript expression in the page.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// A Box is where a bar of the timeline is on the screen, in pixels.
type Box struct {
	Lane, Name          string
	From, To            float64 // when it was, in milliseconds
	Left, Right         float64
	Top, Bottom         float64
	LabelLeft, LabelEnd float64 // zero without a label
}

// Bars returns those of the timeline in the page, from left to right.
func (p *Page) Bars() []Box {
	p.t.Helper()
	bars := Eval[[]Box](p, `[...document.querySelectorAll(".bar")].map((bar) => {
		const r = bar.querySelector(".box").getBoundingClientRect();
		const l = bar.querySelector(".label")?.getBoundingClientRect();
		return { Lane: bar.dataset.lane, Name: bar.dataset.name,
			From: Number(bar.dataset.from), To: Number(bar.dataset.to),
			Left: r.left, Right: r.right, Top: r.top, Bottom: r.bottom,
			LabelLeft: l?.left ?? 0, LabelEnd: l?.right ?? 0 };
	})`)
	slices.SortStableFunc(bars, func(a, b Box) int { return cmp.Compare(a.Left, b.Left) })
	return bars
}
