package postinvoke

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/record"
)

// An internalKeeper keeps the environment awake itself, as an internal
// extension: a goroutine of the function process that asks for the next event
// only when the hooks of the last one are done.
type internalKeeper struct {
	gate gate.Gate
	api  string // URL up to the name of the call
	id   string // that Lambda gave the extension
	http *http.Client
	log  logger
}

// internalName is that of no file in a layer: that makes an extension internal.
const internalName = "postinvoke-internal"

// registerInternal registers the process as an internal extension, which is
// possible until the runtime first asks for an event. On Lambda Managed
// Instances it may not ask for events, and registers only because without an
// extension there is no SIGTERM
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
func registerInternal(api string, managed bool, log logger) (*internalKeeper, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil // the API is in the environment
	k := &internalKeeper{
		api:  "http://" + api + "/2020-01-01/extension/",
		http: &http.Client{Transport: transport}, // no timeout: the process may be frozen in between
		log:  log,
	}
	events := `{"events":["INVOKE"]}`
	if managed {
		events = `{"events":[]}`
	}
	req, err := http.NewRequest(http.MethodPost, k.api+"register", strings.NewReader(events))
	if err != nil {
		return nil, fmt.Errorf("register an internal extension: %w", err)
	}
	req.Header.Set("Lambda-Extension-Name", internalName)
	header, _, err := k.call(req)
	if err != nil {
		return nil, fmt.Errorf("register an internal extension: %w", err)
	}
	k.id = header.Get("Lambda-Extension-Identifier")
	k.gate.Connect()
	go k.serve()
	return k, nil
}

// serve takes events until Lambda ends the process.
func (k *internalKeeper) serve() {
	for {
		event, err := k.next()
		if err != nil {
			k.log.process(slog.LevelError, record.LinkLost, slog.String(record.Error, err.Error()))
			return
		}
		if event.EventType != "INVOKE" {
			continue
		}
		verdict := k.gate.Hold(event.RequestID, time.UnixMilli(event.DeadlineMs), nil)
		if verdict != gate.Done {
			k.log.process(slog.LevelWarn, record.Released,
				slog.String(record.RequestID, event.RequestID), slog.String(record.Reason, string(verdict)))
		}
	}
}

type event struct {
	EventType  string `json:"eventType"`
	RequestID  string `json:"requestId"`
	DeadlineMs int64  `json:"deadlineMs"`
}

func (k *internalKeeper) next() (event, error) {
	req, err := http.NewRequest(http.MethodGet, k.api+"event/next", nil)
	if err != nil {
		return event{}, fmt.Errorf("ask for the next event: %w", err)
	}
	req.Header.Set("Lambda-Extension-Identifier", k.id)
	_, body, err := k.call(req)
	if err != nil {
		return event{}, fmt.Errorf("ask for the next event: %w", err)
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return event{}, fmt.Errorf("read the next event: %w", err)
	}
	return e, nil
}

func (k *internalKeeper) call(req *http.Request) (http.Header, []byte, error) {
	res, err := k.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("unexpected status %s: %s", res.Status, body)
	}
	return res.Header, body, nil
}

func (k *internalKeeper) begin(requestID string)                 { k.gate.Busy(requestID) }
func (k *internalKeeper) done(requestID string, _ time.Duration) { k.gate.Done(requestID) }
func (k *internalKeeper) mode() string                           { return record.ModeInternal }
func (k *internalKeeper) shutdownBudget() time.Duration          { return budgetInternalOnly }
