package report_test

import (
	"testing"
	"time"

	"example.com/postinvoke/demo/browser/browsertest"
)

// Labels stand in their bars or beside them.
func TestLabelsAreNotCutOff(t *testing.T) {
	p := browsertest.New(t)
	p.Resize(1000, 800)
	s := newStory().cold()
	for _, took := range []time.Duration{250 * ms, 300 * ms, 800 * ms, 3 * time.Second} {
		s.call().hook("main.handle.func2 (/src/main.go:35)", took).hook("mw.(*WWW).mmm (/src/mmm.go:1)", took/2).hook("OQGD.wwwMM+=日本 (w.go:1)", took/2).idle(3, took*2).after(took)
	}
	open(t, p, s.end().Recording())
	for _, b := range boxes(p) {
		if b.LabelLeft > b.Left && b.LabelLeft < b.Right && b.LabelEnd > b.Right {
			t.Errorf("%s: the label ends at %.1f, the bar at %.1f", b.Name, b.LabelEnd, b.Right)
		}
	}
}
