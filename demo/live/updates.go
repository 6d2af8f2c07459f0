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

	// frame is how often a page gets what is new.
	frame = 150 * time.Millisecond
)

// rows are the last ones of the log, as HTML.
type rows struct {
	mu      sync.Mutex
	last    []string
	dropped int // so many came before those
}

// since returns the rows after the first so many, as far as they are kept, and
// how many there were in all.
func (l *rows) since(seen int) (rows []string, all int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.last[max(0, seen-l.dropped):]), l.dropped + len(l.last)
}

// Moment is part of [recording.Renderer], as are the next three.
func (l *rows) Moment(_ *recording.Recording, m *recording.Moment) {
	row := report.Row(m)
	if row == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = append(l.last, string(row))
	if more := len(l.last) - keptRows; more > 0 {
		l.last, l.dropped = l.last[more:], l.dropped+more
	}
}

func (*rows) Began(*recording.Recording)                          {}
func (*rows) Invoked(*recording.Recording, *recording.Invocation) {}
func (*rows) Ended(*recording.Recording)                          {}

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

// events sends what is new to the page with each frame, as server-sent events:
// "begin", to start with an empty log, "rows" of the log, and "view".
func (s *session) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	var err error
	stream := http.NewResponseController(w)
	send := func(event string, data any) {
		b, _ := json.Marshal(data) // nothing that is sent fails
		fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, b)
		err = stream.Flush()
	}
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	send("begin", nil)
	for seen, last := 0, (view{}); err == nil; {
		v := s.view() // before the rows, so that no timeline is ahead of the log
		if rows, all := s.rows.since(seen); len(rows) > 0 {
			send("rows", strings.Join(rows, "\n"))
			seen = all
		}
		if v != last {
			send("view", v)
			last = v
		}
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		}
	}
}
