//go:build unix

package blackbox_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/internal/blackbox"
)

// inUse returns the content of a file with all slots in use.
func inUse(t testing.TB) []byte {
	t.Helper()
	file := create(t)
	box := open(t)
	for i := range blackbox.Slots {
		s := box.Begin(fmt.Sprintf("request %d", i), blackbox.Hooks)
		for j := range 5 {
			s.Push(&hook{uintptr(j), fmt.Sprintf("hook %d", j)})
		}
		s.Go(&hook{1, "hook 1"})
		s.Pop()
	}
	box.Shutdown().Push(&hook{1, "hook 1"})
	return file.Content()
}

// The words that change most have a check sum of 16 bits: no more than one in
// 65536 of those that are overwritten may be taken for a state.
func TestOverwrittenWordsAreNotTakenForNotes(t *testing.T) {
	content := inUse(t)
	random := rand.New(rand.NewPCG(2026, 11))
	const rounds = 4000
	const words = rounds * (blackbox.Slots + 1)
	tests := map[string]func(content []byte, i int, word uint64){
		"state":    blackbox.SetState,
		"go count": blackbox.SetGoCount,
	}
	for name, set := range tests {
		t.Run(name, func(t *testing.T) {
			content := slices.Clone(content)
			taken := 0
			for range rounds {
				for i := range blackbox.Slots + 1 {
					set(content, i, random.Uint64())
				}
				report, used := blackbox.Parse(content)
				if !used {
					t.Fatal("the counters are whole, and not taken")
				}
				taken += len(report.Lost)
			}
			// Four times what is to be expected: no seed would exceed that.
			if most := 4 * words / (1 << 16); taken > most {
				t.Errorf("got %d of %d words taken for notes, want %d at the most", taken, words, most)
			}
		})
	}
}

// With more than a word overwritten, nothing is taken for a note that has a
// request id, and no name that no hook has.
func TestOverwrittenSlotsAreNotTakenForNotes(t *testing.T) {
	content := inUse(t)
	random := rand.NewChaCha8([32]byte{26, 11})
	for range 1000 {
		random.Read(blackbox.SlotArea(content))
		report, _ := blackbox.Parse(content)
		for _, l := range report.Lost {
			if l.RequestID != "" || !knownNames(l) {
				t.Fatalf("got %+v", l)
			}
		}
	}
	random.Read(content[len(blackbox.Magic):])
	if report, used := blackbox.Parse(content); used {
		t.Errorf("got %+v from a file of random bytes", report)
	}
}

func knownNames(l blackbox.Lost) bool {
	return !slices.ContainsFunc(slices.Concat(l.RunNames, l.WaitNames), func(name string) bool {
		return !strings.HasPrefix(name, "hook ") || len(name) != len("hook 1") || name[5] < '0' || name[5] > '4'
	})
}

// FuzzParse overwrites a part of a file, or replaces all of it: the extension
// must not crash, whatever is in there.
func FuzzParse(f *testing.F) {
	valid := inUse(f)
	f.Add(uint32(0), []byte(nil))
	f.Add(uint32(0), []byte("postinvoke black box, version 2\n"))
	f.Add(uint32(64), make([]byte, 128))                       // counters
	f.Add(uint32(256), valid[256+192:256+2*192])               // an invocation's slot for the shutdown functions
	f.Add(uint32(256+192), valid[256:256+192])                 // and the other way round
	f.Add(uint32(256+192+16), []byte{255})                     // the length of a request id
	f.Add(uint32(16<<10+4), []byte{255})                       // and of a name
	f.Add(uint32(blackbox.FileSize-1), []byte{1, 2, 3})        // the end
	f.Add(uint32(256), slices.Repeat([]byte{0xff}, 16<<10))    // all slots
	f.Add(uint32(16<<10), slices.Repeat([]byte{0xff}, 24<<10)) // all names
	f.Fuzz(func(t *testing.T, at uint32, patch []byte) {
		blackbox.Parse(patch) // of any size
		content := slices.Clone(valid)
		copy(content[min(int(at), len(content)):], patch)
		report, used := blackbox.Parse(content)
		if !used && len(report.Lost) > 0 {
			t.Errorf("got %+v from a file that is not used", report)
		}
		for _, l := range report.Lost {
			if l.Running < len(l.RunNames) || l.NotStarted < len(l.WaitNames) || l.Running+l.NotStarted <= 0 {
				t.Errorf("got %+v, which names more than it counts", l)
			}
			if l.Phase.String() == "unknown" || (l.RequestID == "") != (l.Phase.String() == "shutdown") {
				t.Errorf("got %+v", l)
			}
			if l.RequestID != "" && !strings.HasPrefix(l.RequestID, "request ") || !knownNames(l) {
				t.Errorf("got %+v, which was not recorded", l)
			}
		}
	})
}
