package blackbox

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// A Report is what the file says of a function process that has ended.
type Report struct {
	Counters
	Lost []Lost
}

// Lost are hooks that a process took with it when it ended: those of one
// invocation, or the shutdown functions.
type Lost struct {
	RequestID  string // empty for shutdown functions
	Phase      Phase
	Running    int      // hooks that ran
	NotStarted int      // hooks that had been registered, and never ran
	RunNames   []string // of hooks that ran; there may be fewer than Running
	WaitNames  []string // of hooks that never ran, next to run first; there may be fewer than NotStarted
}

// parse reads a whole file. It reports false if no function has used it, or if
// it is not a file of this layout.
func parse(file []byte) (r Report, ok bool) {
	if len(file) != fileSize || string(file[:len(magic)]) != magic {
		return Report{}, false
	}
	if r.Counters, ok = readCounters(file); !ok {
		return Report{}, false
	}
	for i := range numSlots {
		if lost, ok := parseSlot(file, slot(file, i), i == 0); ok {
			r.Lost = append(r.Lost, lost)
		}
	}
	return r, true
}

func slot(file []byte, i int) []byte { return file[slotsAt+i*slotSize:][:slotSize] }

// parseSlot reports false for a slot in which no hook is left.
func parseSlot(file, b []byte, shutdown bool) (Lost, bool) {
	s, ok := parseState(binary.LittleEndian.Uint64(b[stateAt:]))
	if !ok || s.phase == phaseFree || shutdown != (s.phase == Registered || s.phase == Shutdown) {
		return Lost{}, false
	}
	lost := Lost{Phase: s.phase, NotStarted: int(s.waiting)}
	if !shutdown {
		if lost.RequestID, ok = parseID(b); !ok {
			return Lost{}, false
		}
	}
	if s.running != 0 {
		lost.Running++
		lost.RunNames = appendName(lost.RunNames, file, s.running)
	}
	if running, ok := unsealed(binary.LittleEndian.Uint64(b[goCountAt:])); ok {
		lost.Running += int(running)
		for i := range goNames {
			lost.RunNames = appendName(lost.RunNames, file, binary.LittleEndian.Uint16(b[goNamesAt+2*i:]))
		}
	}
	lost.RunNames = lost.RunNames[:min(len(lost.RunNames), lost.Running)]
	for i := min(int(s.waiting), stackSize) - 1; i >= 0; i-- {
		lost.WaitNames = appendName(lost.WaitNames, file, binary.LittleEndian.Uint16(b[stackAt+2*i:]))
	}
	return lost, lost.Running+lost.NotStarted > 0
}

func parseID(b []byte) (string, bool) {
	n := int(b[idAt])
	if n >= idSize || binary.LittleEndian.Uint64(b[idSumAt:]) != sum(b[idAt:idAt+idSize]) {
		return "", false
	}
	return string(b[idAt+1:][:n]), true
}

// appendName appends the name with that number, if there is one.
func appendName(names []string, file []byte, number uint16) []string {
	if number == 0 || number > numNames {
		return names
	}
	b := file[namesAt+int(number-1)*nameSize:][:nameSize]
	n := int(b[nameLenAt])
	if n > maxName || binary.LittleEndian.Uint32(b[nameSumAt:]) != uint32(sum(b[nameLenAt:])) {
		return names
	}
	return append(names, string(b[nameTextAt:][:n]))
}

// putName writes a name and its check sum.
func putName(file []byte, number uint16, name string) {
	b := file[namesAt+int(number-1)*nameSize:][:nameSize]
	name = shortened(name)
	clear(b[nameLenAt:])
	b[nameLenAt] = byte(len(name))
	copy(b[nameTextAt:], name)
	binary.LittleEndian.PutUint32(b[nameSumAt:], uint32(sum(b[nameLenAt:])))
}

// shortened leaves out the middle of a name that is too long: it begins with the
// function's name and ends with its place.
func shortened(name string) string {
	const dots, head = "…", maxName / 3
	if len(name) <= maxName {
		return name
	}
	tail := name[len(name)-(maxName-head-len(dots)-2*utf8.UTFMax):]
	return strings.ToValidUTF8(name[:head], "") + dots + strings.ToValidUTF8(tail, "")
}
