// Package browsertest lets a test look at a page as a person does, in a real
// browser without a window. Whatever goes wrong in between is fatal to the
// test; that the page logs something, or asks others for something, fails it.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/internal/ci"
)

// patience is for a machine that has much else to do.
const patience = 2 * time.Minute

// A Page is a tab of a browser.
type Page struct {
	t    testing.TB
	ctx  context.Context
	home string // what the addresses of all requests begin with

	mu        sync.Mutex
	problems  []string
	tolerated string // in a problem that is none
}

// New starts a browser, which ends with the test. Without one the test is
// skipped, but in CI it fails.
func New(t testing.TB) *Page {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	tab, stop, err := browser.Start(ctx)
	switch {
	case errors.Is(err, browser.ErrNone):
		ci.Skip(t, err.Error())
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(stop)
	p := &Page{t: t, ctx: tab}
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, problem := range p.problems {
			t.Error(problem)
		}
	})
	p.must(chromedp.Listen(tab, p.listen))
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

// listen notes what a good page does not do.
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
			problem = "the page asked for " + url
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if problem != "" && (p.tolerated == "" || !strings.Contains(problem, p.tolerated)) {
		p.problems = append(p.problems, problem)
	}
}

// Tolerate has the page log what contains the text.
func (p *Page) Tolerate(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tolerated = text
}

// Open goes to an address. Requests of anything that does not begin with it
// fail the test.
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
	p.do(browser.PreferColours(scheme))
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
	if err := chromedp.Do(p.ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(patience/2))); err != nil {
		body, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		p.t.Fatalf("wait for %s: %v; the page says:\n%s", expression, err, body)
	}
}

// Print returns the page as a PDF, with the size of paper that it wants.
func (p *Page) Print() []byte {
	p.t.Helper()
	pdf, err := chromedp.Run(p.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
	p.must(err)
	return pdf
}

// ShowPrinted shows the page as it is on paper on which there is room for so
// much, printed by a user who prefers the colour scheme.
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
