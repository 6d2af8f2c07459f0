package blackbox

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime/debug"
	"sync"
)

// A Box is the function's side of the file. The methods of a nil Box do nothing.
//
// All methods may be called from any goroutine. None of them blocks, fails or
// allocates, except that the first use of a hook looks up its name.
type Box struct {
	mu       sync.Mutex
	mem      []byte // nil after a fault
	file     *os.File
	onLost   func(error)
	counters Counters
	turn     uint64 // number of the next copy of the counters
	free     []*Slot
	shutdown *Slot
	names    map[Key]uint16 // numbers of the names in the file
}

// Open opens the file that the extension has created. It returns nil without an
// error if there is none, because the function has no layer. If the file becomes
// unusable later, onLost is called once.
func Open(onLost func(error)) (*Box, error) {
	mem, file, err := open()
	if errors.Is(err, errNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := &Box{mem: mem, file: file, onLost: onLost, names: map[Key]uint16{}}
	for i := numSlots - 1; i > 0; i-- {
		b.free = append(b.free, &Slot{box: b, at: slotsAt + i*slotSize})
	}
	b.shutdown = &Slot{box: b, at: slotsAt}
	b.Count(Counters{}) // marks the file as used
	return b, nil
}

// ErrLost is the error that onLost is called with.
var ErrLost = errors.New("the file of the black box was truncated, or its disk cannot be read")

// lock precedes every change of the file, as in defer b.unlock(b.lock()).
//
// A store into a page that the file no longer has would end the process with
// SIGBUS. Other processes cannot truncate a file without a name, and its blocks are written;
// if a page is missing nevertheless, the store panics, and unlock gives the file up.
func (b *Box) lock() (panicsOnFault bool) {
	b.mu.Lock()
	return debug.SetPanicOnFault(true)
}

func (b *Box) unlock(panicsOnFault bool) {
	debug.SetPanicOnFault(panicsOnFault)
	fault := recover()
	if _, ok := fault.(interface{ Addr() uintptr }); ok {
		b.mem = nil
	}
	b.mu.Unlock()
	switch {
	case fault == nil:
	case b.mem == nil:
		b.onLost(ErrLost)
	default:
		panic(fault)
	}
}

// Count adds the counters of one invocation, and replaces LastEnd.
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

// Begin returns a slot for an invocation with hooks, or nil if none is free.
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

// number returns the number of a hook's name in the file, which it writes there
// at the first call. The caller holds the lock.
func (b *Box) number(h Hook) uint16 {
	key := h.Key()
	n, ok := b.names[key]
	switch {
	case ok:
		return n
	case len(b.names) == numNames: // the map must not grow with names that have no place
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

// Hooks with the same Key have the same name.
type Key struct {
	Code uintptr // the address of the function
	Name string  // from the option Name; empty if the hook has none
}
