package report_test

import "example.com/postinvoke/demo/browser/browsertest"

// A box is where a bar of the timeline is on the screen, in pixels.
type box struct {
	Lane, Name          string
	From, To            float64 // when it was, in milliseconds
	Left, Right         float64
	Top, Bottom         float64
	LabelLeft, LabelEnd float64 // zero without a label
}

// boxes returns those of the timeline in the page, from left to right.
func boxes(p *browsertest.Page) []box {
	return browsertest.Eval[[]box](p, `[...document.querySelectorAll(".bar")].map((bar) => {
		const r = bar.querySelector(".box").getBoundingClientRect();
		const l = bar.querySelector(".label")?.getBoundingClientRect();
		return { Lane: bar.dataset.lane, Name: bar.dataset.name,
			From: Number(bar.dataset.from), To: Number(bar.dataset.to),
			Left: r.left, Right: r.right, Top: r.top, Bottom: r.bottom,
			LabelLeft: l?.left ?? 0, LabelEnd: l?.right ?? 0 };
	}).sort((a, b) => a.Left - b.Left)`)
}
