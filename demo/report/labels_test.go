package report_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/demo/browser/browsertest"
)

// Labels stand in their bars or beside them.
func TestLabelsAreNotCutOff(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	p.Resize(1000, 800)
	s := newScenario().cold()
	for _, took := range []time.Duration{250 * ms, 300 * ms, 800 * ms, 3 * time.Second} {
		s.call().hook("main.handle.func2 (/src/main.go:35)", took).hook("mw.(*WWW).mmm (/src/mmm.go:1)",
			took/2).hook("OQGD.wwwMM+=日本 (w.go:1)", took/2).idle(3, took*2).after(took)
	}
	open(t, p, s.end().Recording())
	for _, b := range boxes(p) {
		if b.LabelLeft > b.Left && b.LabelLeft < b.Right && b.LabelEnd > b.Right {
			t.Errorf("%s: the label ends at %.1f, the bar at %.1f", b.Name, b.LabelEnd, b.Right)
		}
	}
}

// On a narrow screen the beginning of a bar may be out of sight, but not what
// it is.
func TestLabelsStayInSight(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	p.Resize(500, 800)
	open(t, p, whole(5*time.Second))
	for _, scrolled := range []int{0, 40, 0, 80} {
		const edge = `document.querySelector(".scroll").getBoundingClientRect().left`
		left := browsertest.Eval[float64](p, fmt.Sprintf(`(document.querySelector(".scroll").scrollLeft = %d, %s)`,
			scrolled, edge))
		p.Wait(fmt.Sprintf(`document.querySelector(".bar.serving text").getBoundingClientRect().left >= %s`, edge))
		for _, name := range []string{"invocation", "handle.func2"} {
			b := find(t, boxes(p), name)
			if b.LabelLeft < left || b.LabelLeft < b.Left || b.LabelEnd > b.Right {
				t.Errorf("scrolled by %d: the label of %s is at %.1f to %.1f, the bar at %.1f to %.1f, the edge at %.1f",
					scrolled, name, b.LabelLeft, b.LabelEnd, b.Left, b.Right, left)
			}
		}
	}
	// Nothing is scrolled on paper.
	p.Resize(500, 800)
	p.Emulate("print", "light")
	if b := find(t, boxes(p), "invocation"); b.LabelLeft > b.Left+10 {
		t.Errorf("printed: the label is at %.1f, the bar at %.1f", b.LabelLeft, b.Left)
	}
}

// A shutdown takes little time, and so not much more room than its words.
func TestTheRoomForAShutdown(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	p.Resize(1000, 800)
	open(t, p, whole(5*time.Second))
	for _, b := range boxes(p) {
		if spare := b.Right - b.LabelEnd; strings.HasPrefix(b.Name, "shutdown") && (spare < 0 || spare > 60) {
			t.Errorf("%s, %s: the label ends at %.1f, the bar at %.1f", b.Lane, b.Name, b.LabelEnd, b.Right)
		}
	}
	for _, want := range []string{">shutdown 4.10 ms</text>", ">shutdown 3.10 ms</text>"} {
		if !strings.Contains(page(t, whole(5*time.Second)), want) {
			t.Errorf("the page does not have %s", want)
		}
	}
}

// Where there is no room, the place of a hook is left out first, then a mark
// replaces what was wrong with it; what was wrong does not stand alone.
func TestLabelsOfHooksInTroubleHaveTheirNames(t *testing.T) {
	s := newScenario()
	for _, name := range []string{"main.handle.func1 (/src/main.go:29)", "main.handleOrders.func1 (/src/main.go:29)"} {
		s.cold().call().after(100 * ms)
		s.crash(s.lostRecord(`phase=hooks running=0 notStarted=1 waiting="`+name+`"`),
			`level=ERROR message="postinvoke: hooks lost" phase=shutdown running=0 notStarted=1 waiting="`+name+`"`, boxRead)
		s.after(5 * ms)
	}
	html := page(t, s.cold().call().after(ms).Recording())
	labels := regexp.MustCompile(`data-lane="hooks"[^>]*>.*?</g>`).FindAllString(html, -1)
	for _, label := range labels {
		if strings.Contains(label, ">never started</text>") {
			t.Errorf("got a label without a name: %s", label)
		}
		if text := regexp.MustCompile(`<text[^>]*>(.*)</text>`).FindStringSubmatch(label); text != nil &&
			strings.Contains(label, "never started\"") && !strings.Contains(text[1], "never started") &&
			!strings.HasSuffix(text[1], " ✕") {
			t.Errorf("got the label %q, want a mark", text[1])
		}
	}
	if !strings.Contains(html, " ✕</text>") || !strings.Contains(html, ", never started</text>") {
		t.Errorf("got no marks, or nothing but those, in %q", labels)
	}
}
