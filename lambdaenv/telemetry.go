package lambdaenv

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// telemetry passes on to subscribers what a sandbox logs. It belongs to the log, whose
// mutex guards it.
//
// Publishing never waits for a subscriber: each has a buffer of limited size and
// a goroutine that sends. One that does not read loses events, and gets the number of
// those when there is room again.
//
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html
type telemetry struct {
	open        bool             // during the init: there can be more subscribers
	past        []telemetryEvent // of the init so far, for those who subscribe
	subscribers []*subscriber
}

// A telemetryEvent is an event, or marks the end of those to be flushed.
type telemetryEvent struct {
	stream  string // platform, function or extension
	json    json.RawMessage
	flushed chan<- struct{} // of a mark: closed when what is before it has been sent
}

func (t *telemetry) publish(stream, eventType string, at time.Time, record any) {
	if !t.open && len(t.subscribers) == 0 {
		return
	}
	e := telemetryEvent{stream: stream, json: telemetryJSON(eventType, at, record)}
	if t.open {
		t.past = append(t.past, e)
	}
	for _, s := range t.subscribers {
		s.add(e)
	}
}

// telemetryJSON is the shape that all events have, in telemetry and in the log.
func telemetryJSON(eventType string, at time.Time, record any) []byte {
	return mustJSON(struct {
		Time   string `json:"time"`
		Type   string `json:"type"`
		Record any    `json:"record"`
	}{stamp(at), eventType, record})
}

// subscribe adds a subscriber, who also gets what there was of the init. It
// reports false when it is too late for that.
func (t *telemetry) subscribe(s *subscriber) bool {
	for _, e := range t.past {
		s.add(e)
	}
	if t.open {
		t.subscribers = append(t.subscribers, s)
	}
	return t.open
}

// flushTelemetry sends the subscribers what there is, regardless of their buffering.
// It returns when they have it, or ctx ends.
func (l *eventLog) flushTelemetry(ctx context.Context) {
	var subscribers []*subscriber
	l.with(func() { subscribers = l.telemetry.subscribers })
	var flushes sync.WaitGroup
	for _, s := range subscribers {
		flushes.Go(func() {
			flushed := make(chan struct{})
			select {
			case s.events <- telemetryEvent{flushed: flushed}:
			case <-ctx.Done():
				return
			}
			select {
			case <-flushed:
			case <-ctx.Done():
			}
		})
	}
	flushes.Wait()
}

// A subscriber is an extension that gets events.
type subscriber struct {
	streams []string
	limits  buffering
	send    sendFunc
	events  chan telemetryEvent // not sent yet
	dropped droppedEvents       // guarded by the mutex of the log
}

// buffering is when to send: at the first of these.
type buffering struct {
	MaxItems  int `json:"maxItems"`
	MaxBytes  int `json:"maxBytes"`
	TimeoutMs int `json:"timeoutMs"`
}

// droppedEvents are those for which there was no room.
type droppedEvents struct {
	Reason  string `json:"reason"`
	Records int    `json:"droppedRecords"`
	Bytes   int    `json:"droppedBytes"`
}

// put puts an event into the buffer, if there is room.
func (s *subscriber) put(e telemetryEvent) bool {
	select {
	case s.events <- e:
		return true
	default:
		return false
	}
}

// add takes an event, if it is wanted and there is room.
func (s *subscriber) add(e telemetryEvent) {
	if !slices.Contains(s.streams, e.stream) {
		return
	}
	if s.dropped.Records > 0 && slices.Contains(s.streams, "platform") {
		s.dropped.Reason = "Consumer seems to have fallen behind as it has not acknowledged receipt of logs."
		report := telemetryJSON("platform.logsDropped", time.Now(), s.dropped)
		if s.put(telemetryEvent{stream: "platform", json: report}) {
			s.dropped = droppedEvents{}
		}
	}
	if !s.put(e) {
		s.dropped.Records++
		s.dropped.Bytes += len(e.json)
	}
}

// run sends batches until the context ends.
func (s *subscriber) run(ctx context.Context) {
	for ctx.Err() == nil {
		batch, flushed := s.nextBatch(ctx)
		// "Lambda retries the attempt to send telemetry (with backoff) if there
		// is no listener, or if the POST request results in an error."
		pause := 10 * time.Millisecond
		for len(batch) > 0 && s.send(ctx, batch) != nil {
			select {
			case <-time.After(pause):
				pause = min(2*pause, time.Second)
			case <-ctx.Done():
				return
			}
		}
		if flushed != nil {
			close(flushed)
		}
	}
}

// nextBatch returns the next batch when it is time for it: by the limits, or because
// of the mark at its end.
func (s *subscriber) nextBatch(ctx context.Context) (batch []json.RawMessage, flushed chan<- struct{}) {
	var timeout <-chan time.Time // since the first event
	for size := 0; len(batch) < s.limits.MaxItems && size < s.limits.MaxBytes; {
		select {
		case e := <-s.events:
			if e.flushed != nil {
				return batch, e.flushed
			}
			if len(batch) == 0 {
				timeout = time.After(time.Duration(s.limits.TimeoutMs) * time.Millisecond)
			}
			batch = append(batch, e.json)
			size += len(e.json)
		case <-timeout:
			return batch, nil
		case <-ctx.Done():
			return nil, nil
		}
	}
	return batch, nil
}

// A sendFunc sends events to an extension.
type sendFunc func(ctx context.Context, events []json.RawMessage) error

// sendHTTP posts events as an array to this machine, which calls itself by the host
// of the URL.
func sendHTTP(u *url.URL) sendFunc {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	address := "http://127.0.0.1:" + u.Port() + u.RequestURI()
	return func(ctx context.Context, events []json.RawMessage) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(mustJSON(events)))
		if err != nil {
			return err
		}
		req.Host = u.Host
		req.Header.Set("Content-Type", contentJSON)
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		res.Body.Close()
		if res.StatusCode >= http.StatusBadRequest {
			return errors.New(res.Status)
		}
		return nil
	}
}

// sendTCP writes events as lines, over one connection as long as it lasts.
func sendTCP(port int) sendFunc {
	var conn net.Conn
	return func(ctx context.Context, events []json.RawMessage) error {
		if conn == nil {
			c, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
			if err != nil {
				return err
			}
			context.AfterFunc(ctx, func() { c.Close() })
			conn = c
		}
		var lines bytes.Buffer
		for _, e := range events {
			lines.Write(e)
			lines.WriteByte('\n')
		}
		if _, err := conn.Write(lines.Bytes()); err != nil {
			conn.Close()
			conn = nil
			return err
		}
		return nil
	}
}
