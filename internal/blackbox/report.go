package blackbox

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// A Report is the content of the file after the function process has ended.
type Report struct {
	Counters
	Lost []Lost
}

// Lost are the hooks of one invocation, or the shutdown functions, that were not
// done when the process ended.
type Lost struct {
	RequestID  string // empty for shutdown functions
	Phase      Phase
	Running    int      // number of hooks that ran
	NotStarted int      // number of registered hooks that had not started
	RunNames   []string // of hooks that ran; at most Running
	WaitNames  []string // of hooks that had not started, next to run first; at most NotStarted
}

// parse reads the content of a file. It returns false if no function has used the
// file, or if it does not have this layout.
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

// parseSlot returns false for a slot without hooks.
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
	goRunning, ok := unsealed(binary.LittleEndian.Uint64(b[goCountAt:]))
	if !ok {
		return Lost{}, false
	}
	lost.Running += int(goRunning)
	for i := range goNames {
		lost.RunNames = appendName(lost.RunNames, file, binary.LittleEndian.Uint16(b[goNamesAt+2*i:]))
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

// putName writes a name and its checksum.
func putName(file []byte, number uint16, name string) {
	b := file[namesAt+int(number-1)*nameSize:][:nameSize]
	name = shortened(name)
	clear(b[nameLenAt:])
	b[nameLenAt] = byte(len(name))
	copy(b[nameTextAt:], name)
	binary.LittleEndian.PutUint32(b[nameSumAt:], uint32(sum(b[nameLenAt:])))
}

// shortened leaves out the middle of a name that is too long. A name begins with
// the name of a Go function and ends with its file and line.
func shortened(name string) string {
	const dots, head = "…", maxName / 3
	if len(name) <= maxName {
		return name
	}
	tail := name[len(name)-(maxName-head-len(dots)-2*utf8.UTFMax):]
	return strings.ToValidUTF8(name[:head], "") + dots + strings.ToValidUTF8(tail, "")
}
