//go:build unix

package blackbox_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"example.com/postinvoke/internal/blackbox"
)

// A model is what a slot's report has to say after any operation.
type model struct {
	requestID string
	phase     blackbox.Phase
	waiting   []string
	popped    string
	beside    []beside // hooks of Go
}

type beside struct {
	name  string
	place int
}

// lost returns the report, or false if no hook is left.
func (m *model) lost() (blackbox.Lost, bool) {
	l := blackbox.Lost{RequestID: m.requestID, Phase: m.phase, Running: len(m.beside), NotStarted: len(m.waiting)}
	if m.popped != "" {
		l.Running++
		l.RunNames = append(l.RunNames, m.popped)
	}
	named := slices.Clone(m.beside)
	slices.SortFunc(named, func(a, b beside) int { return a.place - b.place })
	for _, h := range named {
		if h.place < blackbox.GoNames {
			l.RunNames = append(l.RunNames, h.name)
		}
	}
	for _, name := range slices.Backward(m.waiting[:min(len(m.waiting), blackbox.StackSize)]) {
		l.WaitNames = append(l.WaitNames, name)
	}
	return l, l.Running+l.NotStarted > 0
}

// After every operation the file says what a process that ends then takes with it.
func TestTheReportIsWhatTheNotesSay(t *testing.T) {
	file := create(t)
	box := open(t)
	random := rand.New(rand.NewPCG(2026, 11))
	var hooks []*hook
	for i := range blackbox.NumNames {
		hooks = append(hooks, &hook{uintptr(1000 + i), fmt.Sprintf("main.hook%d (/a/b.go:%d)", i, i)})
	}
	pick := func() *hook { return hooks[random.IntN(len(hooks))] }

	type pair struct {
		slot  *blackbox.Slot
		model *model
	}
	shutdown := pair{box.Shutdown(), &model{}}
	var open []pair
	for n := range 4000 {
		p := shutdown
		if i := random.IntN(len(open) + 1); i < len(open) {
			p = open[i]
		}
		m := p.model
		switch op := random.IntN(12); {
		case op == 0 && len(open) < 5:
			id := fmt.Sprintf("request-%d-%s", n, strings.Repeat("x", random.IntN(40)))
			p = pair{box.Begin(id, blackbox.Handler), &model{requestID: id, phase: blackbox.Handler}}
			open = append(open, p)
		case op <= 4:
			h := pick()
			p.slot.Push(h)
			m.waiting = append(m.waiting, h.name)
			if p == shutdown && m.phase != blackbox.Shutdown {
				m.phase = blackbox.Registered
			}
		case op <= 6 && m.popped == "" && len(m.waiting) > 0:
			p.slot.Pop()
			last := len(m.waiting) - 1
			m.popped, m.waiting = m.waiting[last], m.waiting[:last]
		case op == 7:
			p.slot.Done()
			m.popped = ""
		case op == 8 && p != shutdown:
			h := pick()
			m.beside = append(m.beside, beside{h.name, p.slot.Go(h)})
		case op == 9 && len(m.beside) > 0:
			i := random.IntN(len(m.beside))
			p.slot.GoDone(m.beside[i].place)
			m.beside = slices.Delete(m.beside, i, i+1)
		case op == 10 && p == shutdown && len(m.waiting) > 0:
			p.slot.SetPhase(blackbox.Shutdown)
			m.phase = blackbox.Shutdown
		case op == 10 && p != shutdown:
			m.phase = blackbox.Response + blackbox.Phase(random.IntN(2))
			p.slot.SetPhase(m.phase)
		case op == 11 && random.IntN(3) == 0:
			p.slot.Drop()
			m.waiting = nil
		case op == 11 && random.IntN(3) == 0 && p != shutdown:
			p.slot.Free()
			open = slices.DeleteFunc(open, func(other pair) bool { return other == p })
		}

		want := map[string]blackbox.Lost{}
		for _, p := range append(open, shutdown) {
			if l, ok := p.model.lost(); ok {
				want[l.RequestID] = l
			}
		}
		report, used := blackbox.Parse(file.Content())
		got := map[string]blackbox.Lost{}
		for _, l := range report.Lost {
			got[l.RequestID] = l
		}
		if !used || !reflect.DeepEqual(got, want) {
			t.Fatalf("after operation %d:\ngot  %+v\nwant %+v", n, got, want)
		}
	}
}

func TestLongNamesAndIDsAreShortened(t *testing.T) {
	for _, name := range []string{
		"", "é", strings.Repeat("a", blackbox.MaxName), strings.Repeat("a", blackbox.MaxName+1),
		"main.begin" + strings.Repeat("é", 500) + "(/end.go:1)", strings.Repeat("😀", 5000),
		"\xff" + strings.Repeat("\xfe", 1000),
	} {
		file := create(t)
		s := open(t).Begin(name, blackbox.Handler)
		s.Push(&hook{1, name})
		report, _ := blackbox.Parse(file.Content())
		if len(report.Lost) != 1 || len(report.Lost[0].WaitNames) != 1 {
			t.Fatalf("%q: got %+v", name, report.Lost)
		}
		l := report.Lost[0]
		if got := l.WaitNames[0]; len(name) <= blackbox.MaxName && got != name ||
			len(name) > blackbox.MaxName &&
				(len(got) > blackbox.MaxName || !utf8.ValidString(got) || !strings.Contains(got, "…")) {
			t.Errorf("%q: got name %q", name, got)
		}
		if !strings.HasPrefix(name, l.RequestID) || l.RequestID == "" && name != "" {
			t.Errorf("%q: got request id %q", name, l.RequestID)
		}
	}
}

func TestMoreNamesThanThereIsRoomFor(t *testing.T) {
	file := create(t)
	s := open(t).Begin("id", blackbox.Handler)
	for i := range 2 * blackbox.NumNames {
		s.Push(&hook{uintptr(i), "early"})
		s.Pop()
		s.Done()
	}
	s.Push(&hook{5000, "late"})
	s.Push(&hook{1, "early"})
	s.Push(&hook{5001, "later"})
	s.Pop()
	report, _ := blackbox.Parse(file.Content())
	want := []blackbox.Lost{{
		RequestID: "id", Phase: blackbox.Handler, Running: 1, NotStarted: 2, WaitNames: []string{"early"},
	}}
	if !reflect.DeepEqual(report.Lost, want) {
		t.Errorf("got %+v, want %+v", report.Lost, want)
	}
}

func TestCountersAddUp(t *testing.T) {
	file := create(t)
	box := open(t)
	var want blackbox.Counters
	for i := range uint64(5) {
		c := blackbox.Counters{
			Invocations: 1, Hooks: i, Failures: 2 * i, Abandoned: 3 * i, AwakeMicros: 4 * i, LastEnd: int64(i),
		}
		box.Count(c)
		want.Invocations++
		want.Hooks += i
		want.Failures += 2 * i
		want.Abandoned += 3 * i
		want.AwakeMicros += 4 * i
		want.LastEnd = int64(i)
		if report, used := blackbox.Parse(file.Content()); !used || report.Counters != want {
			t.Fatalf("got %+v, want %+v", report.Counters, want)
		}
	}
}

// Functions on Managed Instances take notes about many invocations at once.
func TestManyGoroutinesTakeNotes(t *testing.T) {
	file := create(t)
	box := open(t)
	const each = 20
	var invocations sync.WaitGroup
	for g := range blackbox.Slots {
		invocations.Go(func() {
			mine := &hook{uintptr(g), fmt.Sprintf("hook of %d", g)}
			for range each {
				s := box.Begin(fmt.Sprint(g), blackbox.Handler)
				s.Push(mine)
				s.Push(mine)
				place := s.Go(mine)
				var beside sync.WaitGroup
				beside.Go(func() { s.GoDone(place) })
				s.SetPhase(blackbox.Hooks)
				s.Pop()
				box.Frozen(func() { wantOwnHooks(t, file) })
				s.Done()
				beside.Wait()
				s.Free()
				box.Count(blackbox.Counters{Invocations: 1})
			}
		})
	}
	invocations.Wait()
	report, used := blackbox.Parse(file.Content())
	if !used || report.Invocations != blackbox.Slots*each || len(report.Lost) != 0 {
		t.Errorf("got %+v, want %d invocations and nothing lost", report, blackbox.Slots*each)
	}
}

// wantOwnHooks checks that no invocation has a hook of another.
func wantOwnHooks(t *testing.T, file *blackbox.File) {
	report, _ := blackbox.Parse(file.Content())
	for _, l := range report.Lost {
		for _, name := range slices.Concat(l.RunNames, l.WaitNames) {
			if name != "hook of "+l.RequestID {
				t.Errorf("got %q among the hooks of %s", name, l.RequestID)
			}
		}
	}
}

// Hooks may be given names of their own, as many as there are invocations.
func TestNamesWithoutEndNeedNoMemory(t *testing.T) {
	create(t)
	s := open(t).Begin("id", blackbox.Handler)
	n := 0
	push := func() {
		s.Push(&hook{uintptr(n), "name"})
		s.Pop()
		s.Done()
		n++
	}
	for range blackbox.NumNames {
		push()
	}
	if got := testing.AllocsPerRun(1000, push); got > 1 { // the hook
		t.Errorf("got %v allocations, want only that of the hook", got)
	}
}
