package live_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/demo/browser/browsertest"
)

// Expressions to wait for.
const (
	state  = `document.querySelector("#state").textContent`
	frozen = state + ` === "The environment is frozen."`
	gone   = state + ` === "There is no environment: the next invocation starts one."`
	log    = `document.querySelector("#log tbody").textContent`
)

// said is true when the log has the text so many times.
func said(text string, times int) string {
	return fmt.Sprintf("%s.split(%q).length > %d", log, text, times)
}

// drawn is true when the timeline has such bars.
func drawn(lane, name string, bars int) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".bar")].filter((b) => b.dataset.lane === %q && `+
		`b.dataset.name.startsWith(%q)).length === %d`, lane, name, bars)
}

func TestAPageThatIsOpenedLaterHasEverything(t *testing.T) {
	t.Parallel()
	home := serve(t, 5*time.Second)
	p := browsertest.New(t)
	p.Open(home)
	p.Click("button.main")
	p.Wait(said("frozen: nothing runs", 1)) // the last row there is
	p.Wait(frozen)
	const rows = `document.querySelector("#log tbody").innerText`
	before := browsertest.Eval[string](p, rows)
	p.Open(home)
	p.Wait(frozen)
	if after := browsertest.Eval[string](p, rows); after != before {
		t.Errorf("got this log after a reload:\n%s\nwant what was there before it:\n%s", after, before)
	}
}

// Paper does not scroll, and has no buttons.
func TestThePrintedPageHasTheWholeLog(t *testing.T) {
	t.Parallel()
	home := serve(t, 5*time.Second)
	p := browsertest.New(t)
	p.Resize(1200, 500)
	p.Open(home)
	p.Click("button.main")
	p.Wait(said("frozen: nothing runs", 1))
	const cut = `document.querySelector("#log").scrollHeight > document.querySelector("#log").clientHeight`
	if !browsertest.Eval[bool](p, cut) {
		t.Fatal("the log fits on the screen as it is: this test shows nothing")
	}
	p.Resize(1000, 700)
	p.Emulate("print", "light")
	if browsertest.Eval[bool](p, cut) {
		t.Error("a part of the log is not printed")
	}
	if browsertest.Eval[bool](p, `document.querySelector("#controls").getClientRects().length > 0`) {
		t.Error("the buttons are printed")
	}
}

// The timeline is drawn anew all the time, and a bar keeps the focus.
func TestTheFocusStays(t *testing.T) {
	t.Parallel()
	home := serve(t, 5*time.Second)
	p := browsertest.New(t)
	p.Open(home)
	p.Click("button.main")
	p.Wait(drawn("function", "handler", 1))
	browsertest.Eval[bool](p,
		`(document.querySelector(".bar.handler").focus(), window.before = document.querySelector(".plot"), true)`)
	p.Wait(`window.before !== document.querySelector(".plot")`)
	p.Wait(frozen)
	if !browsertest.Eval[bool](p, `document.activeElement.matches(".bar.handler")`) {
		t.Error("the focus was lost")
	}
	p.Wait(`document.querySelector(".explain").textContent.startsWith("function, handler")`)
}

func TestItFitsEveryWindow(t *testing.T) {
	t.Parallel()
	home := serve(t, 5*time.Second)
	p := browsertest.New(t)
	for _, width := range []int64{360, 1600} {
		for _, scheme := range []string{"light", "dark"} {
			p.Resize(width, 800)
			p.Emulate("", scheme)
			p.Open(home)
			p.Click("button.main")
			p.Wait(frozen)
			if got := browsertest.Eval[int64](p, "document.documentElement.scrollWidth"); got > width {
				t.Errorf("%d pixels wide, %s: the page has %d", width, scheme, got)
			}
		}
	}
}

// A page that shows the end still does so when the window has become narrow, and
// one that is scrolled back stays where it is.
func TestTheEndStaysInSight(t *testing.T) {
	t.Parallel()
	const (
		end = `(() => {
			const s = document.querySelector("#chart .scroll"), l = document.querySelector("#log");
			return s.scrollWidth > s.clientWidth + 50 && l.scrollHeight > l.clientHeight + 50 &&
				s.scrollLeft + s.clientWidth > s.scrollWidth - 4 && l.scrollTop + l.clientHeight > l.scrollHeight - 8;
		})()`
		begin = `document.querySelector("#chart .scroll").scrollLeft === 0 && ` +
			`document.querySelector("#log").scrollTop === 0`
		again = `(window.before = document.querySelector(".plot"), true)`
	)
	home := serve(t, 5*time.Second)
	p := browsertest.New(t)
	p.Resize(1200, 700)
	p.Open(home)
	p.Click("button.main")
	p.Wait(frozen)
	p.Resize(360, 700)
	p.Wait(end)
	p.Click("button.main")
	p.Wait(said("frozen: nothing runs until it is thawed", 2))
	p.Wait(end)

	// The scroll event comes with the next frame, and the page may draw before.
	p.Wait(`(window.still = ` + begin +
		` ? (window.still ?? 0) + 1 : 0) > 10 || (document.querySelector("#chart .scroll").scrollLeft = ` +
		`document.querySelector("#log").scrollTop = 0) > 0`)
	browsertest.Eval[bool](p, again)
	p.Click("button.main")
	p.Wait(said("frozen: nothing runs until it is thawed", 3))
	p.Wait(`window.before !== document.querySelector(".plot")`)
	p.Wait(begin)
}

func TestBeforeTheFirstInvocation(t *testing.T) {
	t.Parallel()
	home := serve(t, 5*time.Second)
	p := browsertest.New(t)
	p.Resize(1200, 900)
	p.Open(home)
	p.Wait(gone)
	if got := browsertest.Eval[float64](p,
		`document.querySelector("#log th:last-child").getBoundingClientRect().left`); got > 350 {
		t.Errorf("the column of the log begins at %.0f pixels, want it beside the others", got)
	}
	browsertest.Eval[int](p, `(document.querySelector("#event").value = '{').length`)
	p.Click("button.main")
	p.Wait(state + `.startsWith("Not valid JSON: ")`) // a refusal is shown
	browsertest.Eval[int](p, `(document.querySelector("#event").value = '{"sleepMs":1}').length`)
	const hint = `getComputedStyle(document.querySelector("#chart"), "::before").content`
	if got, want := browsertest.Eval[string](p, hint), `"Nothing has happened yet: press Invoke."`; got != want {
		t.Errorf("got %s in the place of the timeline, want %s", got, want)
	}
	p.Click("button.main")
	p.Wait(frozen)
	if got := browsertest.Eval[string](p, hint); got != "none" {
		t.Errorf("got the hint %s beside a timeline", got)
	}
}

// A shutdown that has to wait is announced.
func TestAShutdownThatWaits(t *testing.T) {
	t.Parallel()
	home := serve(t, 30*time.Second)
	p := browsertest.New(t)
	p.Open(home)
	browsertest.Eval[int](p, `(document.querySelector("#event").value = '{"sleepMs":25000}').length`)
	p.Click("button.main")
	p.Wait(said("second on stack", 1))
	p.Click("[data-post='/shutdown']")
	p.Wait(state + ` === "The caller has its response, and hooks run. The environment is shut down after that."`)
	p.Click("[data-post='/crash']") // or it would take its time
	p.Wait(gone)
}

// An open page continues when the demo is started again.
func TestTheDemoIsStartedAgain(t *testing.T) {
	t.Parallel()
	home, end := serveAt(t, 0, config(t, 5*time.Second))
	p := browsertest.New(t)
	p.Open(home)
	p.Click("button.main")
	p.Wait(frozen)
	const goesOn = `[...document.querySelectorAll("#chart .going-on")].some((e) => e.getClientRects().length > 0)`
	p.Wait(goesOn)
	end()
	p.Wait(state + `.startsWith("The demo has ended, or does not answer: the timeline stands still.")`)
	if browsertest.Eval[bool](p, goesOn) {
		t.Error("a bar still looks as if it continued")
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(home, "http://"), ":")
	n, err := strconv.Atoi(strings.TrimSuffix(port, "/"))
	if err != nil {
		t.Fatal(err)
	}
	serveAt(t, n, config(t, 5*time.Second))
	p.Wait(gone)
	p.Click("button.main")
	p.Wait(frozen)
	p.Wait(goesOn)
}
