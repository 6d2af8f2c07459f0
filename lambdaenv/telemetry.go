package lambdaenv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// telemetry passes on to subscribers what a sandbox logs.
//
// Publishing never waits for a subscriber: each has a buffer of limited size and
// a goroutine that sends. One that does not read loses events, and gets the number of
// those when it reads again.
//
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html
type telemetry struct {
	ctx     context.Context // ends with the sandbox
	workers *sync.WaitGroup // of the sandbox

	mu          sync.Mutex
	closed      bool             // the init has ended: there can be no other subscribers
	past        []telemetryEvent // of the init so far, for those who subscribe
	subscribers []*subscriber
}

type telemetryEvent struct {
	stream string // platform, function or extension
	json   []byte
}

// publish passes an event on. A nil telemetry has no subscribers.
func (t *telemetry) publish(stream, eventType string, at time.Time, record any) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed && len(t.subscribers) == 0 {
		return
	}
	e := telemetryEvent{stream, telemetryJSON(eventType, at, record)}
	if !t.closed {
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
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	for _, e := range t.past {
		s.add(e)
	}
	t.subscribers = append(t.subscribers, s)
	t.workers.Go(func() { s.run(t.ctx) })
	return true
}

// closeSubscription ends the time in which extensions can subscribe: the init.
func (t *telemetry) closeSubscription() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed, t.past = true, nil
}

// flush sends the subscribers what there is, regardless of their buffering. It
// returns when they have it, or ctx ends.
func (t *telemetry) flush(ctx context.Context) {
	t.mu.Lock()
	subscribers := t.subscribers
	t.mu.Unlock()
	var flushes sync.WaitGroup
	for _, s := range subscribers {
		flushes.Go(func() { s.flushNow(ctx) })
	}
	flushes.Wait()
}

// A subscriber is an extension that gets events.
type subscriber struct {
	streams []string
	limits  buffering
	sink    sink
	changed chan struct{}        // has one when there are new events
	flush   chan chan<- struct{} // the channel is closed when everything has been sent

	mu      sync.Mutex
	pending [][]byte
	bytes   int
	dropped struct{ records, bytes int }
}

// buffering is when to send: at the first of these.
type buffering struct {
	MaxItems  int `json:"maxItems"`
	MaxBytes  int `json:"maxBytes"`
	TimeoutMs int `json:"timeoutMs"`
}

// A sink sends events to an extension.
type sink interface {
	send(ctx context.Context, events [][]byte) error
	close()
}

func newSubscriber(streams []string, limits buffering, to sink) *subscriber {
	return &subscriber{streams: streams, limits: limits, sink: to,
		changed: make(chan struct{}, 1), flush: make(chan chan<- struct{})}
}

// add takes an event, if it is wanted and there is room: "Expect to receive
// payloads as large as 2 * maxBytes + metadataBytes".
func (s *subscriber) add(e telemetryEvent) {
	if !slices.Contains(s.streams, e.stream) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) >= s.limits.MaxItems || s.bytes+len(e.json) > 2*s.limits.MaxBytes {
		s.dropped.records++
		s.dropped.bytes += len(e.json)
		return
	}
	s.pending = append(s.pending, e.json)
	s.bytes += len(e.json)
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// run sends until the context ends.
func (s *subscriber) run(ctx context.Context) {
	defer s.sink.close()
	for {
		sent := s.awaitBatch(ctx)
		if ctx.Err() != nil {
			return
		}
		batch := s.take()
		// "Lambda retries the attempt to send telemetry (with backoff) if there
		// is no listener, or if the POST request results in an error."
		pause := 10 * time.Millisecond
		for len(batch) > 0 && s.sink.send(ctx, batch) != nil {
			select {
			case <-time.After(pause):
				pause = min(2*pause, time.Second)
			case <-ctx.Done():
				return
			}
		}
		if sent != nil {
			close(sent)
		}
	}
}

func (s *subscriber) flushNow(ctx context.Context) {
	sent := make(chan struct{})
	select {
	case s.flush <- sent:
	case <-ctx.Done():
		return
	}
	select {
	case <-sent:
	case <-ctx.Done():
	}
}

// awaitBatch returns when it is time for the next batch, with a channel if somebody
// waits until it is sent, or when the context has ended.
func (s *subscriber) awaitBatch(ctx context.Context) (sent chan<- struct{}) {
	var timeout <-chan time.Time
	for {
		s.mu.Lock()
		some := len(s.pending) > 0
		full := len(s.pending) >= s.limits.MaxItems || s.bytes >= s.limits.MaxBytes
		s.mu.Unlock()
		if full {
			return nil
		}
		if some && timeout == nil {
			timeout = time.After(time.Duration(s.limits.TimeoutMs) * time.Millisecond)
		}
		select {
		case <-s.changed:
		case <-timeout:
			return nil
		case sent := <-s.flush:
			return sent
		case <-ctx.Done():
			return nil
		}
	}
}

// take returns the next batch, with the number of events that are not in it.
func (s *subscriber) take() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := s.pending
	if d := s.dropped; d.records > 0 && slices.Contains(s.streams, "platform") {
		batch = append(batch, telemetryJSON("platform.logsDropped", time.Now(), struct {
			Reason  string `json:"reason"`
			Records int    `json:"droppedRecords"`
			Bytes   int    `json:"droppedBytes"`
		}{"Consumer seems to have fallen behind as it has not acknowledged receipt of logs.", d.records, d.bytes}))
	}
	s.pending, s.bytes = nil, 0
	s.dropped.records, s.dropped.bytes = 0, 0
	return batch
}

// httpSink posts events as an array.
type httpSink struct {
	url, host string
	client    http.Client
}

// newHTTPSink sends to a path of this machine, which calls itself host.
func newHTTPSink(port, path, host string) *httpSink {
	return &httpSink{"http://127.0.0.1:" + port + path, host, http.Client{Transport: &http.Transport{}}}
}

func (h *httpSink) send(ctx context.Context, events [][]byte) error {
	body := slices.Concat([]byte("["), bytes.Join(events, []byte(",")), []byte("]"))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Host = h.host
	req.Header.Set("Content-Type", contentJSON)
	res, err := h.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, maxExtensionBody))
	if res.StatusCode >= http.StatusBadRequest {
		return errors.New(res.Status)
	}
	return nil
}

func (h *httpSink) close() { h.client.CloseIdleConnections() }

// tcpSink writes events as lines.
type tcpSink struct {
	port int
	conn net.Conn // nil if there is none
}

func (t *tcpSink) send(ctx context.Context, events [][]byte) error {
	if t.conn == nil {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(t.port)))
		if err != nil {
			return fmt.Errorf("send telemetry: %w", err)
		}
		t.conn = conn
	}
	conn := t.conn
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_, err := conn.Write(append(bytes.Join(events, []byte("\n")), '\n'))
	if err != nil {
		t.close()
	}
	return err
}

func (t *tcpSink) close() {
	if t.conn != nil {
		t.conn.Close()
		t.conn = nil
	}
}
