package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/demo/report"
)

const (
	// shownInvocations is how many the timeline shows. The log goes further back.
	shownInvocations = 3

	// keptRows is how much of the log there is. A page with many more is slow.
	keptRows = 2000

	// frame is how often the timeline is drawn while something happens.
	frame = 150 * time.Millisecond
)

// updates keeps the last rows of the log, and signals changes. A listener requests
// what it has not seen, so that a slow one delays nothing.
type updates struct {
	mu      sync.Mutex
	rows    []string      // as HTML
	dropped int           // so many rows came before those
	changed chan struct{} // closed and replaced with every change
}

func newUpdates() *updates { return &updates{changed: make(chan struct{})} }

// since returns the rows after the first so many, as far as they are kept, and
// how many there were in all.
func (u *updates) since(seen int) (rows []string, all int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.rows[max(0, seen-u.dropped):]), u.dropped + len(u.rows)
}

// next returns a channel that the next change closes.
func (u *updates) next() <-chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.changed
}

// notify signals a change.
func (u *updates) notify() {
	u.mu.Lock()
	defer u.mu.Unlock()
	close(u.changed)
	u.changed = make(chan struct{})
}

// Began is part of [recording.Renderer], as are the next three.
func (u *updates) Began(*recording.Recording) {}

func (u *updates) Moment(_ *recording.Recording, m *recording.Moment) {
	u.mu.Lock()
	if row := report.Row(m); row != "" {
		u.rows = append(u.rows, string(row))
		if more := len(u.rows) - keptRows; more > 0 {
			u.rows, u.dropped = u.rows[more:], u.dropped+more
		}
	}
	u.mu.Unlock()
	u.notify()
}

func (u *updates) Invoked(*recording.Recording, *recording.Invocation) { u.notify() }

func (u *updates) Ended(*recording.Recording) { u.notify() }

// A view is what the page shows beside the log.
type view struct {
	report.Snapshot
	Layer bool `json:"layer"`
	Idle  int  `json:"idle"` // seconds until the shutdown; 0: none
}

func (s *session) view() view {
	r := s.recorder.Recording()
	v := view{Snapshot: report.Now(r, time.Since(r.Began), shownInvocations)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.problem != "" {
		v.State = s.problem
	}
	if s.shuttingDown && !v.Ending {
		v.State += " The environment is shut down after that."
	}
	v.Layer, v.Idle = s.layer, int(s.idleTimeout/time.Second)
	return v
}

// events sends what happens to the page, as server-sent events: "begin", to start
// with an empty log, "rows" of the log, and "view".
func (s *session) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	send := func(event string, data any) error {
		b, err := json.Marshal(data)
		if err != nil {
			panic("live: " + err.Error()) // what is sent marshals
		}
		if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, b); err != nil {
			return err
		}
		return stream.Flush()
	}
	frame := time.NewTicker(frame)
	defer frame.Stop()
	seen, last := 0, view{}
	for err := send("begin", nil); err == nil; {
		// In this order nothing is missed, and no timeline is ahead of the log.
		changed := s.updates.next()
		v := s.view()
		rows, all := s.updates.since(seen)
		if len(rows) > 0 {
			err = send("rows", strings.Join(rows, "\n"))
			seen = all
		}
		if v != last && err == nil {
			err = send("view", v)
			last = v
		}
		// No more often than a frame, and only if there is something to see.
		select {
		case <-frame.C:
		case <-r.Context().Done():
			return
		}
		if last.Moving {
			continue
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}
