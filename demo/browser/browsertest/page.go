// Package browsertest shows pages in a real browser without a window, one for
// all tests of a package. It drives the browser through the DevTools protocol,
// since tests click. An error is fatal to the test; a page that logs something,
// or that requests something from elsewhere, fails it.
package browsertest

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
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

	mu       sync.Mutex
	problems []string
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
	p.Do() // opens the tab; with the deadline below, that would be its end
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
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	p.Do(command(network.Enable.Method, network.EnableParams{}),
		command(emulation.SetFocusEmulationEnabled.Method, emulation.SetFocusEmulationEnabledParams{Enabled: true}))
	return p
}

// command is one of the DevTools protocol that chromedp has no function for.
func command(method string, params any) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		return t.Call(ctx, method, params, nil)
	})
}

// Do does something in the page.
func (p *Page) Do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// Run does something in the page that has a result.
func Run[T any](p *Page, action chromedp.Action[T]) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, action)
	if err != nil {
		p.t.Fatalf("%v: %v", action, err)
	}
	return v
}

// Eval returns the value of a JavaScript expression in the page.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	return Run(p, chromedp.Evaluate[T](expression))
}

// listen records what a page must not do.
func (p *Page) listen(event any) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled, *runtime.EventExceptionThrown, *log.EventEntryAdded:
		logged, _ := json.Marshal(e)
		if !strings.Contains(string(logged), "net::ERR_") { // the end of a server is no problem
			problem = "the page logged " + string(logged)
		}
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; !strings.HasPrefix(url, p.home) && !strings.HasPrefix(url, "data:") {
			problem = "the page requested " + url
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if problem != "" {
		p.problems = append(p.problems, problem)
	}
}

// Open goes to an address. A request for anything that does not begin with it
// fails the test.
func (p *Page) Open(url string) {
	p.t.Helper()
	p.home = url
	p.Do(chromedp.Navigate(url))
}

// Resize sets the width and height of the window.
func (p *Page) Resize(width, height int64) {
	p.t.Helper()
	p.Do(chromedp.EmulateViewport(width, height))
}

// Emulate sets the medium, print or empty for what it is, and the user's colour
// scheme, light or dark.
func (p *Page) Emulate(medium, scheme string) {
	p.t.Helper()
	p.Do(command(emulation.SetEmulatedMedia.Method, emulation.SetEmulatedMediaParams{
		Media:    medium,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}))
}

// Click clicks on the first element that the CSS selector finds.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.Do(chromedp.Click(chromedp.CSS(selector)))
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
