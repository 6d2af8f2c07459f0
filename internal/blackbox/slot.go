package blackbox

import "encoding/binary"

// A Slot records the hooks of one invocation, or the shutdown functions. The
// methods of a nil Slot do nothing.
type Slot struct {
	box       *Box
	at        int
	state     state
	stack     []uint16      // numbers of the names of hooks that wait
	goRunning uint64        // number of hooks of Go that run
	goTaken   [goNames]bool // places whose name is that of a running hook
}

// change calls f with the lock held, unless s is nil or the file is unusable.
func (s *Slot) change(f func()) {
	if s == nil {
		return
	}
	defer s.box.unlock(s.box.lock())
	if s.box.mem != nil {
		f()
	}
}

func (s *Slot) bytes() []byte { return s.box.mem[s.at:][:slotSize] }

// store writes the state. The caller holds the lock.
func (s *Slot) store() { binary.LittleEndian.PutUint64(s.bytes()[stateAt:], s.state.word()) }

func (s *Slot) storeGo() { binary.LittleEndian.PutUint64(s.bytes()[goCountAt:], sealed(s.goRunning)) }

// Push records that a hook was registered. It runs before those that wait.
func (s *Slot) Push(h Hook) {
	s.change(func() {
		n := s.box.number(h)
		if depth := len(s.stack); depth < stackSize {
			binary.LittleEndian.PutUint16(s.bytes()[stackAt+2*depth:], n)
		}
		s.stack = append(s.stack, n)
		s.state.waiting = uint32(len(s.stack))
		if s.state.phase == phaseFree { // the first shutdown function
			s.state.phase = Registered
		}
		s.store()
	})
}

// Pop records that the hook which was pushed last starts.
func (s *Slot) Pop() {
	s.change(func() {
		last := len(s.stack) - 1
		if last < 0 {
			return
		}
		s.state.running = s.stack[last]
		s.stack = s.stack[:last]
		s.state.waiting = uint32(last)
		s.store()
	})
}

// Done records that the hook which was popped has returned.
func (s *Slot) Done() {
	s.change(func() {
		s.state.running = 0
		s.store()
	})
}

// Go records that a hook starts beside the others. The result is for GoDone.
//
// The count goes up before the name is written, and down after it is removed. If
// the process is killed in between, a name is missing, but none is wrong.
func (s *Slot) Go(h Hook) (place int) {
	place = goNames // none
	s.change(func() {
		s.goRunning++
		s.storeGo()
		for i, taken := range s.goTaken {
			if !taken {
				place = i
				s.goTaken[i] = true
				binary.LittleEndian.PutUint16(s.bytes()[goNamesAt+2*i:], s.box.number(h))
				break
			}
		}
	})
	return place
}

// GoDone records that a hook of Go has returned.
func (s *Slot) GoDone(place int) {
	s.change(func() {
		if s.goRunning == 0 {
			return
		}
		if place < goNames {
			s.goTaken[place] = false
			binary.LittleEndian.PutUint16(s.bytes()[goNamesAt+2*place:], 0)
		}
		s.goRunning--
		s.storeGo()
	})
}

// SetPhase records the progress of the invocation or the shutdown.
func (s *Slot) SetPhase(p Phase) {
	s.change(func() {
		s.state.phase = p
		s.store()
	})
}

// Drop removes the hooks that wait: they never start, and that is logged.
func (s *Slot) Drop() {
	s.change(func() {
		s.stack = s.stack[:0]
		s.state.waiting = 0
		s.store()
	})
}

// Free empties the slot: no hook is left, or the log has what became of each. The
// slot of an invocation must not be used after that.
func (s *Slot) Free() {
	s.change(func() {
		s.state = state{}
		s.store()
		s.stack = s.stack[:0]
		s.goRunning, s.goTaken = 0, [goNames]bool{}
		s.storeGo()
		clear(s.bytes()[goNamesAt:stackAt])
		if s != s.box.shutdown {
			s.box.free = append(s.box.free, s)
		}
	})
}
