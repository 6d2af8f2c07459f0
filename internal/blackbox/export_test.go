//go:build unix

package blackbox

import (
	"encoding/binary"
	"errors"
	"syscall"
)

// What the tests need to know of the layout.
const (
	FileSize  = fileSize
	Slots     = numSlots - 1 // of invocations
	GoNames   = goNames
	StackSize = stackSize
	NumNames  = numNames
	MaxName   = maxName
)

var (
	Magic = magic
	Path  = path
	Parse = parse
)

// Content returns what is in the file, also while a function uses it.
func (b *File) Content() []byte {
	content := make([]byte, fileSize)
	n, _ := b.f.ReadAt(content, 0) // fewer if it was truncated
	return content[:n]
}

// Truncate is what others may do who have the file open.
func (b *File) Truncate(size int64) error { return b.f.Truncate(size) }

// Frozen calls f while no note is taken.
func (b *Box) Frozen(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// Close ends the use of the file, as the end of the process does. The mapping
// alone would keep the lock.
func (b *Box) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var err error
	if b.mem != nil {
		err = syscall.Munmap(b.mem)
		b.mem = nil
	}
	return errors.Join(err, b.file.Close())
}

// The words of slot i that have a check sum of 16 bits.
func SetState(content []byte, i int, word uint64) {
	binary.LittleEndian.PutUint64(slot(content, i)[stateAt:], word)
}

func SetGoCount(content []byte, i int, word uint64) {
	binary.LittleEndian.PutUint64(slot(content, i)[goCountAt:], word)
}

// SlotArea is the part of the file that changes with each hook.
func SlotArea(content []byte) []byte { return content[slotsAt : slotsAt+numSlots*slotSize] }
