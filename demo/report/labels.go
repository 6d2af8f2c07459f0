package report

import (
	"cmp"
	"slices"
	"strings"
)

// variants are what a bar can be labelled with, from long to short.
func variants(s *span) []string {
	l := length(s.length())
	placed := s.name
	if s.place != "" {
		placed += " (" + s.place + ")"
	}
	switch {
	case s.kind == event && s.name == "thawed":
		return nil // the frozen stretch says so
	case s.kind == event && s.lane == hooks && s.note != "":
		all := []string{placed + ", " + s.note, s.whole(), s.marked()}
		if s.failed && strings.HasPrefix(s.name, "shutdown ") {
			all = append(all, "shutdown ✕")
		}
		return all
	case s.kind == event, s.kind == unknown:
		return []string{s.whole(), s.name}
	case s.kind == waiting && s.open:
		return []string{"waits"}
	case s.kind == waiting:
		return []string{s.name, s.name[strings.LastIndex(s.name, " after ")+len(" after "):]}
	case s.open:
		return []string{s.name}
	case s.kind == hooking && s.note == "lost": // it may have begun before the bar
		return []string{placed + ", " + s.note, s.whole(), s.marked()}
	case s.kind == hooking && s.note != "":
		return []string{placed + ", " + s.note + " after " + l, s.whole() + " after " + l, s.whole(), s.marked()}
	case s.kind == handling:
		return []string{s.name + " " + l, s.name, l}
	case s.kind == hooking:
		return []string{placed + " " + l, s.name + " " + l, s.name, l}
	}
	return []string{s.name + " " + l, s.name}
}

// marked is the name, with a mark instead of what was wrong with it.
func (s *span) marked() string {
	if s.failed {
		return s.name + " ✕"
	}
	return s.name
}

// label finds places for the labels: in the bar, beside it, or nowhere. Those of
// a row must not run into each other, nor into a frozen stretch.
func (d *drawing) label(s *scale) {
	type place struct {
		lane lane
		row  int
	}
	rows := map[place][]*barView{}
	var ice []*barView
	for _, b := range d.Bars {
		if b.span.kind == frozen {
			ice = append(ice, b)
			b.frozenLabel()
			continue
		}
		at := place{b.span.lane, b.row}
		rows[at] = append(rows[at], b)
	}
	for at, bars := range rows {
		if at.lane != caller { // the caller is not frozen
			bars = append(bars, ice...)
		}
		slices.SortStableFunc(bars, func(a, b *barView) int { return cmp.Compare(a.left, b.left) })
		taken := 0.0 // up to here, by the bar before and its label
		for i, b := range bars {
			if b.span.kind == frozen {
				taken = max(taken, b.right)
				continue
			}
			free := s.width
			if i+1 < len(bars) {
				free = bars[i+1].left
			}
			taken, free = d.between(b, taken, free)
			taken = max(taken, b.place(taken, free))
		}
	}
}

// place chooses the longest label that fits, in the bar, after it or before it,
// and returns where bar and label end.
func (b *barView) place(taken, free float64) float64 {
	const gap = 5
	for _, text := range variants(b.span) {
		w := textWidth(text)
		b.Label = []string{text}
		switch {
		case w+2*gap <= b.right-b.left:
			b.LabelX, b.LabelDX, b.Anchor = b.X, gap+1, "start"
			return b.right
		case b.right+w+2*gap <= free:
			b.LabelX, b.LabelDX, b.Anchor, b.Outside = b.X+b.Width, gap, "start", true
			return b.right + w + 2*gap
		case b.left-w-2*gap >= taken:
			b.LabelX, b.LabelDX, b.Anchor, b.Outside = b.X, -gap, "end", true
			return b.right
		}
	}
	b.Label = nil
	return b.right
}

// frozenLabel is in the middle of a frozen stretch, however long it was.
func (b *barView) frozenLabel() {
	lines := []string{"frozen", length(b.span.length())}
	if b.span.note != "" {
		lines = append(lines, b.span.note)
	}
	widest := slices.MaxFunc(lines, func(a, b string) int { return cmp.Compare(textWidth(a), textWidth(b)) })
	if textWidth(widest)+4 > b.right-b.left {
		return
	}
	b.Label, b.LabelX, b.Anchor = lines, b.X+b.Width/2, "middle"
}

// textWidth guesses, on the safe side: fonts differ, and these are the widths of
// a wide one.
func textWidth(s string) float64 {
	width := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune(" .,:;'|ijl", r):
			width += 4.1
		case strings.ContainsRune("ftrI()[]/-", r):
			width += 4.9
		case strings.ContainsRune("mW@%", r), r >= 0x1100: // such as those of East Asia
			width += 12.1
		case r == 'M', strings.ContainsRune("+=<>~#^", r):
			width += 10.5
		case r == 'w', r == '&', r >= 'A' && r <= 'Z':
			width += 9.9
		default:
			width += 7.7
		}
	}
	return width
}
