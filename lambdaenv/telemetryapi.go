package lambdaenv

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The Telemetry API, and the Logs API that it supersedes.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html
const (
	telemetryPath = "/2022-07-01/telemetry"
	logsPath      = "/2020-08-15/logs"
)

// telemetrySubscribe serves PUT /telemetry.
func (s *sandbox) telemetrySubscribe(w http.ResponseWriter, r *http.Request) *apiError {
	if _, refused := extensionID(r); refused != nil {
		return refused
	}
	body, _, err := readBody(r.Body, maxExtensionBody)
	if err != nil {
		return &apiError{http.StatusBadRequest, "ValidationError", err.Error()}
	}
	subscriber, err := s.env.cfg.subscription(body)
	if err != nil {
		return &apiError{http.StatusBadRequest, "ValidationError", err.Error()}
	}
	refused := s.forExtension(r, "", func(x *extension) *apiError {
		if x.subscribed {
			// In the words of AWS's emulator of managed instances.
			return &apiError{http.StatusInternalServerError, "InternalServerError", "Internal Server Error"}
		}
		s.env.log.with(func() { x.subscribed = s.env.log.telemetry.subscribe(subscriber) })
		if !x.subscribed {
			return forbidden("Telemetry.SubscriptionClosed", "Telemetry API subscription is closed already")
		}
		s.workers.Go(func() { subscriber.run(s.ctx) })
		s.env.log.record("telemetrySubscription",
			platformRecord{Name: x.name, State: "Subscribed", Types: subscriber.streams})
		return nil
	})
	if refused == nil {
		w.Write([]byte(`"OK"`))
	}
	return refused
}

// logsSubscribe serves PUT /logs as AWS's emulator does: "202: Request accepted.
// Subscription request response in local testing environment".
func logsSubscribe(http.ResponseWriter, *http.Request) *apiError {
	return &apiError{http.StatusAccepted, "Logs.NotSupported", "Logs API is not supported"}
}

// subscription reads a request to subscribe. The error is the first that it finds.
func (c *Config) subscription(body []byte) (*subscriber, error) {
	var request struct {
		SchemaVersion string
		Types         []string
		Buffering     buffering
		Destination   destination
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	versions := []string{"2025-01-29", "2022-12-13", "2022-07-01"}
	if c.managed() {
		versions = versions[:1]
	}
	if !slices.Contains(versions, request.SchemaVersion) {
		return nil, fmt.Errorf("schemaVersion %q is not one of %s", request.SchemaVersion, strings.Join(versions, ", "))
	}
	if len(request.Types) == 0 {
		return nil, errors.New("types should not be empty")
	}
	for _, stream := range request.Types {
		if !slices.Contains([]string{"platform", "function", "extension"}, stream) {
			return nil, fmt.Errorf("type %q is not one", stream)
		}
	}
	limits := request.Buffering
	for _, limit := range []struct {
		name                string
		value               *int
		preset, least, most int
	}{
		{"maxItems", &limits.MaxItems, 10_000, 1_000, 10_000},
		{"maxBytes", &limits.MaxBytes, 256 << 10, 256 << 10, 1 << 20},
		{"timeoutMs", &limits.TimeoutMs, 1_000, 25, 30_000},
	} {
		*limit.value = cmp.Or(*limit.value, limit.preset)
		if *limit.value < limit.least || *limit.value > limit.most {
			return nil, fmt.Errorf("%s %d is not between %d and %d", limit.name, *limit.value, limit.least, limit.most)
		}
	}
	send, err := request.Destination.send()
	events := make(chan telemetryEvent, limits.MaxItems)
	return &subscriber{streams: request.Types, limits: limits, send: send, events: events}, err
}

// A destination is where a subscriber gets its events.
type destination struct {
	Protocol, URI string
	Port          int
}

func (d destination) send() (sendFunc, error) {
	switch d.Protocol {
	case "HTTP":
		u, err := url.Parse(d.URI)
		if err != nil || u.Scheme != "http" || u.Port() == "" ||
			u.Hostname() != "sandbox" && u.Hostname() != "sandbox.localdomain" {
			return nil, fmt.Errorf("URI %q is not http://sandbox.localdomain:PORT or http://sandbox:PORT", d.URI)
		}
		return sendHTTP(u), nil
	case "TCP":
		if d.Port < 1 || d.Port > 65535 {
			return nil, fmt.Errorf("port %d is not one", d.Port)
		}
		return sendTCP(d.Port), nil
	}
	return nil, fmt.Errorf("protocol %q is neither HTTP nor TCP", d.Protocol)
}
