package blackbox

import (
	"encoding/binary"
	"errors"
	"os"
	"sync"
)

// A Box is the file as the function has it. A nil Box takes notes and forgets
// them. All methods may be called from any goroutine, and none of them blocks,
// fails or allocates, except that the first use of a hook finds its name.
type Box struct {
	mu       sync.Mutex
	mem      []byte // nil when the file is lost
	file     *os.File
	lost     func(error)
	onFault  func(panics bool) (before bool) // debug.SetPanicOnFault
	counters Counters
	turn     uint64
	free     []*Slot
	shutdown *Slot
	names    map[Key]uint16
}

// Open opens the file that the extension has made. It returns nil without an
// error if there is none: the function has no layer. lost is called once,
// should the file become unusable later. panicOnFault is debug.SetPanicOnFault:
// this package must not import package fmt, as that one does.
func Open(panicOnFault func(bool) bool, lost func(error)) (*Box, error) {
	mem, file, err := open()
	if errors.Is(err, errNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := &Box{mem: mem, file: file, lost: lost, onFault: panicOnFault, names: map[Key]uint16{}}
	for i := numSlots - 1; i > 0; i-- {
		b.free = append(b.free, &Slot{box: b, at: slotsAt + i*slotSize})
	}
	b.shutdown = &Slot{box: b, at: slotsAt}
	b.Count(Counters{}) // tells the extension that the file is used
	return b, nil
}

// ErrLost says why a Box no longer takes notes.
var ErrLost = errors.New("the file of the black box was truncated, or its disk cannot be read")

// lock precedes every change of the file. Its result is for unlock, which is
// deferred. The file has no name, and its blocks are written; should a page of it
// be gone all the same, the store panics instead of ending the process with
// SIGBUS, and the box is not used any more.
func (b *Box) lock() (panicsOnFault bool) {
	b.mu.Lock()
	return b.onFault(true)
}

func (b *Box) unlock(panicsOnFault bool) {
	b.onFault(panicsOnFault)
	fault := recover()
	if _, ok := fault.(interface{ Addr() uintptr }); ok {
		b.mem = nil
	}
	b.mu.Unlock()
	switch {
	case fault == nil:
	case b.mem == nil:
		b.lost(ErrLost)
	default:
		panic(fault)
	}
}

// Count adds what one invocation has done. LastEnd is replaced.
func (b *Box) Count(c Counters) {
	if b == nil {
		return
	}
	defer b.unlock(b.lock())
	t := &b.counters
	t.Invocations += c.Invocations
	t.Hooks += c.Hooks
	t.Failures += c.Failures
	t.Abandoned += c.Abandoned
	t.AwakeMicros += c.AwakeMicros
	t.LastEnd = c.LastEnd
	b.turn++
	if b.mem != nil {
		t.put(b.mem, b.turn)
	}
}

// Begin takes a slot for an invocation with hooks. It returns nil, whose methods
// do nothing, if there is none left.
func (b *Box) Begin(requestID string, phase Phase) *Slot {
	if b == nil {
		return nil
	}
	defer b.unlock(b.lock())
	last := len(b.free) - 1
	if last < 0 || b.mem == nil {
		return nil
	}
	s := b.free[last]
	b.free = b.free[:last]
	m := b.mem[s.at:][:slotSize]
	id := m[idAt:][:idSize]
	clear(id)
	id[0] = byte(copy(id[1:], requestID))
	binary.LittleEndian.PutUint64(m[idSumAt:], sum(id))
	s.state = state{phase: phase}
	s.goRunning = 0
	s.store()
	return s
}

// Shutdown returns the slot of the shutdown functions.
func (b *Box) Shutdown() *Slot {
	if b == nil {
		return nil
	}
	return b.shutdown
}

// number returns the number of a hook's name. The caller holds the lock.
func (b *Box) number(h Hook) uint16 {
	key := h.Key()
	n, ok := b.names[key]
	switch {
	case ok:
		return n
	case len(b.names) == numNames: // not kept: names may be without end
		return unnamed
	}
	n = uint16(len(b.names) + 1)
	putName(b.mem, n, h.String())
	b.names[key] = n
	return n
}

// A Hook is a function with a name.
type Hook interface {
	Key() Key
	String() string // called once for all hooks with the same key
}

// A Key tells hooks with different names apart.
type Key struct {
	Code uintptr // the address of the function
	Name string  // that the hook was given
}
