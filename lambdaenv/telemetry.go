package lambdaenv

import (
	"bytes"
	"context"
	"encoding/json"
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

// telemetry passes on to subscribers what an instance logs.
//
// Publishing never waits for a subscriber: each has a buffer of limited size and
// a goroutine that sends. One that does not read loses events, and is told how
// many when it reads again.
//
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html
type telemetry struct {
	ctx  context.Context // ends with the instance
	stop context.CancelFunc
	done sync.WaitGroup // goroutines of subscribers

	mu          sync.Mutex
	closed      bool    // the init is over: there can be no other subscribers
	past        []event // of the init so far, for those who subscribe
	subscribers []*subscriber
}

// An event is one of telemetry.
type event struct {
	stream string // platform, function or extension
	json   []byte
}

func newTelemetry() *telemetry {
	t := &telemetry{}
	t.ctx, t.stop = context.WithCancel(context.Background())
	return t
}

// wanted reports whether there is or may be a subscriber.
func (t *telemetry) wanted() bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.closed || len(t.subscribers) > 0
}

// publish passes an event on.
func (t *telemetry) publish(stream, eventType string, at time.Time, record any) {
	if !t.wanted() {
		return
	}
	e := event{stream, telemetryJSON(eventType, at, record)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.past = append(t.past, e)
	}
	for _, s := range t.subscribers {
		s.add(e)
	}
}

// telemetryJSON is the shape that all events have, in telemetry and in the log.
func telemetryJSON(eventType string, at time.Time, record any) []byte {
	b, err := json.Marshal(struct {
		Time   string `json:"time"`
		Type   string `json:"type"`
		Record any    `json:"record"`
	}{stamp(at), eventType, record})
	if err != nil {
		panic("lambdaenv: " + err.Error()) // strings, and the shapes in platformlog.go
	}
	return b
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
	t.done.Go(func() { s.send(t.ctx) })
	return true
}

// close ends the time in which extensions can subscribe: the init.
func (t *telemetry) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed, t.past = true, nil
}

// flush has the subscribers sent what there is, whatever they said about
// buffering. The channel is closed when they have it, or nobody sends any more.
func (t *telemetry) flush() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	var have sync.WaitGroup
	for _, s := range t.subscribers {
		have.Add(1)
		s.flush(have.Done)
	}
	all := make(chan struct{})
	go func() {
		have.Wait()
		close(all)
	}()
	return all
}

// end ends all sending, and returns when nobody sends any more.
func (t *telemetry) end() {
	t.close()
	t.stop()
	t.done.Wait()
}

// A subscriber is an extension that gets events.
type subscriber struct {
	streams []string
	limits  buffering
	sink    sink

	mu      sync.Mutex
	pending [][]byte
	bytes   int
	dropped struct{ records, bytes int }
	sending bool          // a batch is on its way
	over    bool          // nobody sends any more
	flushed []func()      // to be called when all of the above has arrived
	changed chan struct{} // something of the above did
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
	return &subscriber{streams: streams, limits: limits, sink: to, changed: make(chan struct{}, 1)}
}

// add takes an event, if it is wanted and there is room: "Expect to receive
// payloads as large as 2 * maxBytes + metadataBytes".
func (s *subscriber) add(e event) {
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
	s.wake()
}

// flush does not wait for more, and has done called once all is sent.
func (s *subscriber) flush(done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		done()
		return
	}
	s.flushed = append(s.flushed, done)
	s.wake()
	s.settleLocked()
}

// settleLocked tells those who have flushed, if all has arrived.
func (s *subscriber) settleLocked() {
	if s.sending || len(s.pending) > 0 {
		return
	}
	for _, done := range s.flushed {
		done()
	}
	s.flushed = nil
}

func (s *subscriber) wake() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// send sends until the context ends.
func (s *subscriber) send(ctx context.Context) {
	defer s.sink.close()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.over, s.sending, s.pending = true, false, nil
		s.settleLocked()
	}()
	for {
		batch := s.next(ctx)
		if batch == nil {
			return
		}
		// "Lambda retries the attempt to send telemetry (with backoff) if there
		// is no listener, or if the POST request results in an error."
		for pause := 10 * time.Millisecond; s.sink.send(ctx, batch) != nil; pause = min(2*pause, time.Second) {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return
			}
		}
		s.mu.Lock()
		s.sending = false
		s.settleLocked()
		s.mu.Unlock()
	}
}

// next returns the events of the next batch when it is time for it, and nil when
// the context has ended.
func (s *subscriber) next(ctx context.Context) [][]byte {
	var timeout <-chan time.Time
	for expired := false; ; {
		s.mu.Lock()
		full := len(s.pending) >= s.limits.MaxItems || s.bytes >= s.limits.MaxBytes
		if len(s.pending) > 0 && (full || expired || len(s.flushed) > 0) {
			defer s.mu.Unlock()
			return s.takeLocked()
		}
		if len(s.pending) > 0 && timeout == nil {
			timer := time.NewTimer(time.Duration(s.limits.TimeoutMs) * time.Millisecond)
			defer timer.Stop()
			timeout = timer.C
		}
		s.mu.Unlock()
		select {
		case <-s.changed:
		case <-timeout:
			expired = true
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *subscriber) takeLocked() [][]byte {
	batch := s.pending
	if d := s.dropped; d.records > 0 && slices.Contains(s.streams, "platform") {
		batch = append(batch, telemetryJSON("platform.logsDropped", time.Now(), struct {
			Reason  string `json:"reason"`
			Records int    `json:"droppedRecords"`
			Bytes   int    `json:"droppedBytes"`
		}{"Consumer seems to have fallen behind as it has not acknowledged receipt of logs.", d.records, d.bytes}))
	}
	s.pending, s.bytes, s.sending = nil, 0, true
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
	defer context.AfterFunc(ctx, func() { t.conn.Close() })()
	_, err := t.conn.Write(append(bytes.Join(events, []byte("\n")), '\n'))
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
