package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"example.com/postinvoke/demo/report"
)

const (
	// shownInvocations are seen in the timeline. The log goes further back.
	shownInvocations = 3

	// frame is how often the picture of what goes on is renewed.
	frame = 150 * time.Millisecond
)

// A picture is what the page shows beside the log.
type picture struct {
	report.Snapshot
	Layer bool `json:"layer"`
	Idle  int  `json:"idle"` // seconds, 0 for ever
}

// events tells the page what happens, as server-sent events: "begin", to start
// with an empty log, "rows" of the log, and "picture".
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
	if send("begin", nil) != nil {
		return
	}
	var (
		seen  int
		last  picture
		frame = time.NewTicker(frame)
	)
	defer frame.Stop()
	for {
		// In this order nothing is missed, and no picture is ahead of the log, but
		// for a response of which it is not known yet whether hooks follow.
		changed := s.news.next()
		p := s.picture()
		rows, all := s.news.since(seen)
		if len(rows) > 0 {
			if send("rows", strings.Join(rows, "\n")) != nil {
				return
			}
			seen = all
		}
		if p != last {
			if send("picture", p) != nil {
				return
			}
			last = p
		}
		// No more often than a frame, and only if there is something to see.
		select {
		case <-frame.C:
		case <-r.Context().Done():
			return
		}
		if !last.Moving {
			select {
			case <-changed:
			case <-r.Context().Done():
				return
			}
		}
	}
}

func (s *session) picture() picture {
	r := s.recorder.Recording()
	p := picture{Snapshot: report.Now(r, time.Since(r.Began), shownInvocations)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.problem != "" {
		p.State = s.problem
	}
	if s.leaving && !p.Ending {
		p.State += " The environment is shut down when that is over."
	}
	p.Layer, p.Idle = s.layer, int(s.patient/time.Second)
	return p
}
