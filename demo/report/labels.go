package report

import (
	"cmp"
	"slices"
	"strings"
)

// labels are what a bar can be labelled with, from long to short.
func (s *span) labels() []string {
	took := length(s.length())
	placed := s.Name
	if s.place != "" {
		placed += " (" + s.place + ")"
	}
	switch {
	case s.Kind == event && s.Name == "thawed":
		return nil // the frozen stretch shows that
	case s.Lane.hasRows() && s.Note != "":
		note := ", " + s.Note
		if s.Kind == hooking && s.Note != "lost" { // that may have begun before the bar
			note += " after " + took
		}
		all := []string{placed + note, s.Name + note, s.Whole()}
		if s.Failed { // a mark instead of what was wrong
			all = append(all, s.Name+" ✕")
		}
		if s.Failed && strings.HasPrefix(s.Name, "shutdown ") {
			all = append(all, "shutdown ✕")
		}
		return all
	case s.Kind == event, s.Kind == unknown:
		return []string{s.Whole(), s.Name}
	case s.Open:
		return []string{s.Name}
	case s.Kind == waiting:
		return []string{s.Name, s.Name[strings.LastIndex(s.Name, " after ")+len(" after "):]}
	}
	all := []string{placed + " " + took, s.Name + " " + took, s.Name}
	if s.Kind == handling || s.Kind == hooking {
		all = append(all, took)
	}
	return all
}

// label finds places for the labels: in the bar, beside it, or nowhere. Those of
// a row must not run into each other, nor into a frozen stretch.
func (d *drawing) label(width float64) {
	type place struct {
		lane lane
		row  int
	}
	rows := map[place][]*bar{}
	var ice []*bar
	for _, b := range d.Bars {
		if b.Kind == frozen {
			ice = append(ice, b)
			b.labelFrozen()
			continue
		}
		at := place{b.Lane, b.row}
		rows[at] = append(rows[at], b)
	}
	for at, bars := range rows {
		if at.lane != caller { // the caller is not frozen
			bars = append(bars, ice...)
		}
		slices.SortStableFunc(bars, func(a, b *bar) int { return cmp.Compare(a.left, b.left) })
		taken := 0.0 // up to here, by the bar before and its label
		for i, b := range bars {
			if b.Kind == frozen {
				taken = max(taken, b.right)
				continue
			}
			free := width
			if i+1 < len(bars) {
				free = bars[i+1].left
			}
			for _, s := range d.Strips { // the label is in the same strip
				if s.From <= b.left {
					taken = max(taken, s.From)
				}
				if s.end() >= b.right {
					free = min(free, s.end())
				}
			}
			taken = max(taken, b.placeLabel(taken, free))
		}
	}
}

// placeLabel chooses the longest label that fits, in the bar, after it or before
// it, and returns where bar and label end.
func (b *bar) placeLabel(taken, free float64) float64 {
	const gap = 5
	for _, text := range b.labels() {
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

// labelFrozen labels a frozen stretch in its middle.
func (b *bar) labelFrozen() {
	lines := []string{"frozen", length(b.length())}
	if b.Note != "" {
		lines = append(lines, b.Note)
	}
	for _, line := range lines {
		if textWidth(line)+4 > b.right-b.left {
			return
		}
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
		case strings.ContainsRune("M+=<>~#^", r):
			width += 10.5
		case strings.ContainsRune("w&", r), r >= 'A' && r <= 'Z':
			width += 9.9
		default:
			width += 7.7
		}
	}
	return width
}
