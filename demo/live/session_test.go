package live_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"example.com/postinvoke/demo/browser/browsertest"
)

// wantOrder checks the names of the bars in a lane, from left to right.
func wantOrder(t *testing.T, p *browsertest.Page, lane, want string) {
	t.Helper()
	const names = `[...document.querySelectorAll(".bar")].filter((bar) => bar.dataset.lane === %q)` +
		`.map((bar) => [bar.getBoundingClientRect().left, bar.dataset.name]).sort((a, b) => a[0] - b[0])` +
		`.map((bar) => bar[1]).join(", ")`
	if got := browsertest.Eval[string](p, fmt.Sprintf(names, lane)); got != want {
		t.Errorf("%s: got the bars %s, want %s", lane, got, want)
	}
}

func TestASession(t *testing.T) {
	t.Parallel()
	home := serve(t, 4*time.Second) // enough for a cold start on a busy machine
	p := browsertest.New(t)
	p.Resize(1200, 900)
	p.Open(home)
	p.Wait(gone)

	// Invoked: the response, the hooks, frozen.
	p.Click("button.main")
	p.Wait(said("has the response after", 1))
	p.Wait(frozen)
	p.Wait(said("function returned response here, before any cleanup", 1))
	p.Wait(drawn("hooks", "handle.func", 2))
	wantOrder(t, p, "function", "init, handler and answer")
	wantOrder(t, p, "hooks", "handle.func2, handle.func1")

	// With another event.
	browsertest.Eval[int](p, `(document.querySelector("#event").value = '{"sleepMs":1,"mine":"<b>&"}').length`)
	p.Click("button.main")
	p.Wait(said(`invokes the function with {"sleepMs":1,"mine":"<b>&"}`, 1))
	p.Wait(said("frozen: nothing runs until it is thawed", 2))
	p.Wait(frozen)

	// A hook overruns: it is abandoned, the environment lives.
	p.Click("[data-event*=sleepMs]")
	p.Wait(said("postinvoke: hook abandoned", 1))
	p.Wait(frozen)
	p.Wait(drawn("hooks", "handle.func2, abandoned", 1))

	// A hook ends its process: the extension says which hooks are lost.
	p.Click("[data-event*=crash]")
	p.Wait(said("the layer logs what was lost with the process", 1))
	p.Wait(drawn("hooks", "handle.func2, lost", 1))
	p.Wait(drawn("hooks", "handle.func1, never started", 2)) // one was abandoned before
	p.Wait(gone)
	p.Click("button.main")
	p.Wait(said("INIT_START", 2))
	p.Wait(frozen)

	// A crash: the next invocation starts new processes.
	p.Click("[data-post='/crash']")
	p.Wait(said("reset after a failure", 2))
	p.Click("button.main")
	p.Wait(said("INIT_START", 3))
	p.Wait(frozen)

	// Shut down.
	p.Click("[data-post='/shutdown']")
	p.Wait(said("bye y'all!", 1))
	p.Wait(gone)

	// Without the extension no record accounts for what is lost.
	p.Click("#layer")
	p.Click("button.main")
	p.Wait(said("layer=false", 1))
	p.Wait(frozen)
	p.Wait(`!document.querySelector("#layer").checked`)

	// Again with it: the environment without it is shut down.
	p.Click("#layer")
	p.Wait(said("bye y'all!", 2))
	p.Wait(gone)
	p.Click("button.main")
	p.Wait(said("layer=true", 4))
	p.Wait(frozen)

	// With a time limit; and a page that is opened now shows it.
	browsertest.Eval[bool](p, `(document.querySelector("#idle").focus(), true)`)
	p.Do(chromedp.KeyEvent(kb.ArrowDown))
	p.Open(home)
	p.Wait(`document.querySelector("#idle").value === "5"`)
	browsertest.Eval[bool](p,
		`(document.querySelector("#idle option").value = "1", true)`) // the test does not wait for so long
	browsertest.Eval[bool](p, `(document.querySelector("#idle").focus(), true)`)
	p.Do(chromedp.KeyEvent(kb.ArrowUp))
	p.Wait(said("bye y'all!", 3))
	p.Wait(gone)
}
