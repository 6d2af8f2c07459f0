// Package blackbox is a file in which the function process records its hooks.
// When that process has ended, the extension reads there which hooks were lost.
//
//   - The extension creates the file ([Create]) before it registers with Lambda,
//     and so before the function starts.
//   - The function maps the file, removes its name and locks it ([Open]). It
//     records a change with a few stores into the mapping ([Box], [Slot]), which
//     wake no other process. The page cache keeps them when the process is killed.
//   - On SHUTDOWN the extension waits for the lock and reads the file ([File.Read]).
//
// The file holds request ids, names of hooks, counts and durations. It holds no
// part of an event or a response.
//
// # Layout
//
// Integers are little-endian, offsets in bytes:
//
//	0      magic, with the version of the layout
//	64     counters, copy 0
//	128    counters, copy 1
//	256    slots: one for the shutdown functions, then one for each invocation
//	       with hooks that is in progress
//	16384  names of hooks, which the slots refer to by number
//
// Each part has a checksum. The reader leaves out parts whose checksum is wrong.
package blackbox

import (
	"encoding/binary"
	"os"
	"path/filepath"
)

// magic is the start of a file of this layout. Another layout has another version.
const magic = "postinvoke black box, version 1\n"

const (
	countersAt   = 64
	countersSize = 64

	slotsAt  = 256
	slotSize = 192
	numSlots = 1 + 64 // shutdown functions, and as many invocations as run at once on Managed Instances

	namesAt  = 16 << 10
	nameSize = 192
	numNames = 128

	fileSize = namesAt + numNames*nameSize
)

// Parts of a slot.
const (
	stateAt   = 0  // see state
	goCountAt = 8  // how many hooks of Go run
	idAt      = 16 // the request id: its length, then its bytes
	idSize    = 64
	idSumAt   = 80
	goNamesAt = 88 // names of hooks of Go
	goNames   = 8
	stackAt   = 104 // names of hooks that wait, the first registered first
	stackSize = 40
)

// Parts of a name.
const (
	nameSumAt  = 0
	nameLenAt  = 4
	nameTextAt = 8
	maxName    = nameSize - nameTextAt
)

// path returns the path of the file. The extension and the function have the same
// environment variables, and so the same os.TempDir.
func path() string { return filepath.Join(os.TempDir(), "postinvoke-blackbox") }

// A Phase is the progress of an invocation or of the shutdown.
type Phase uint8

// Phases of an invocation with hooks, and of the shutdown functions. Their order is
// part of the layout.
const (
	phaseFree  Phase = iota
	Registered       // shutdown functions, before the shutdown
	Handler          // the handler runs
	Response         // it has returned, and the response is being sent
	Hooks            // the hooks run
	Shutdown         // the shutdown functions run
	numPhases
)

// String returns the value of the field phase in a log record.
func (p Phase) String() string {
	switch p {
	case Handler:
		return "handler"
	case Response:
		return "response"
	case Hooks:
		return "hooks"
	case Registered, Shutdown:
		return "shutdown"
	}
	return "unknown"
}

// A state is the part of a slot that changes most. It is stored as one word of
// eight bytes, so that a process that is killed leaves the old state or the new one.
type state struct {
	phase   Phase
	running uint16 // number of the name of the hook that runs; zero if none does
	waiting uint32
}

const (
	maxNumber = 1<<12 - 1 // of a name
	unnamed   = maxNumber // of a hook whose name has no place in the file
)

func (s state) word() uint64 {
	if s.phase == phaseFree {
		return 0
	}
	return sealed(uint64(s.phase)<<44 | uint64(s.running)<<32 | uint64(s.waiting))
}

// parseState returns false for a word that no state has.
func parseState(word uint64) (state, bool) {
	v, ok := unsealed(word)
	s := state{Phase(v >> 44), uint16(v >> 32 & maxNumber), uint32(v)}
	return s, ok && s.phase < numPhases
}

// sealed returns v, which has 48 bits, with a checksum of 16 bits.
func sealed(v uint64) uint64 { return v<<16 | mix(v)>>48 }

// unsealed removes the checksum. Zero, as in a new file, is valid.
func unsealed(word uint64) (v uint64, ok bool) {
	v = word >> 16
	return v, word == 0 || word == sealed(v)
}

// sum is a checksum of bytes (FNV-1a).
func sum(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

func mix(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}

// Counters are what a function process has done since it started.
type Counters struct {
	Invocations uint64
	Hooks       uint64
	Failures    uint64 // hooks that panicked or returned an error
	Abandoned   uint64
	AwakeMicros uint64 // spent in hooks after responses
	LastEnd     int64  // of an invocation; microseconds since the Unix epoch, zero before the first
}

// put writes the counters into the copy for this turn. The two copies alternate,
// so that one of them is complete at any moment.
func (c *Counters) put(file []byte, turn uint64) {
	b := file[countersAt+turn%2*countersSize:][:countersSize]
	words := [...]uint64{
		turn, c.Invocations, c.Hooks, c.Failures, c.Abandoned, c.AwakeMicros, uint64(c.LastEnd),
	}
	for i, v := range words {
		binary.LittleEndian.PutUint64(b[8*i:], v)
	}
	binary.LittleEndian.PutUint64(b[56:], sum(b[:56]))
}

// readCounters returns the latest complete copy, or false if no function has used
// the file.
func readCounters(file []byte) (c Counters, ok bool) {
	latest := uint64(0)
	for i := range uint64(2) {
		b := file[countersAt+i*countersSize:][:countersSize]
		word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
		turn := word(0)
		if word(7) != sum(b[:56]) || turn%2 != i || turn < latest {
			continue
		}
		latest, ok = turn, true
		c = Counters{word(1), word(2), word(3), word(4), word(5), int64(word(6))}
	}
	return c, ok
}
