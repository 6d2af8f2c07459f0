package lambdaenv

import (
	"slices"
	"sync"
	"time"

	"example.com/postinvoke/internal/lambdalog"
)

// An eventLog collects the entries of an environment in order, or only passes
// them on.
type eventLog struct {
	observe func(Entry)
	forget  bool // keep no entries
	stored  lambdalog.Settings

	mu      sync.Mutex
	entries []Entry
	request string
}

// add logs e now. Unless e says so itself, it belongs to the invocation in
// progress. A line of a process that Lambda would not store is dropped.
func (l *eventLog) add(e Entry) {
	if e.Kind == Line && e.Source != Platform && !l.stored.Keeps(e.Text) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Time = time.Now()
	if e.RequestID == "" {
		e.RequestID = l.request
	}
	if !l.forget {
		l.entries = append(l.entries, e)
	}
	if l.observe != nil {
		l.observe(e)
	}
}

// setRequest says which invocation is in progress; empty for none.
func (l *eventLog) setRequest(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.request = id
}

func (l *eventLog) snapshot() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}
