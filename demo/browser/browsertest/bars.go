package browsertest

import (
	"cmp"
	"slices"
)

// A Box is where something is on the screen, in pixels.
type Box struct {
	Lane, Name          string
	From, To            float64 // when it was, in milliseconds
	Left, Right         float64
	Top, Bottom         float64
	LabelLeft, LabelEnd float64 // zero without a label
}

// Bars are those of the timeline in the page, from left to right.
func (p *Page) Bars() []Box {
	p.t.Helper()
	bars := Eval[[]Box](p, `[...document.querySelectorAll(".bar")].map((bar) => {
		const r = bar.querySelector("rect").getBoundingClientRect(), l = bar.querySelector("text")?.getBoundingClientRect();
		return { Lane: bar.dataset.lane, Name: bar.dataset.name, From: Number(bar.dataset.from), To: Number(bar.dataset.to),
			Left: r.left, Right: r.right, Top: r.top, Bottom: r.bottom, LabelLeft: l?.left ?? 0, LabelEnd: l?.right ?? 0 };
	})`)
	slices.SortStableFunc(bars, func(a, b Box) int { return cmp.Compare(a.Left, b.Left) })
	return bars
}
