package lambdaenv

import (
	"cmp"
	"encoding/json"
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

var schemaVersions = []string{"2025-01-29", "2022-12-13", "2022-07-01"}

// telemetrySubscribe serves PUT /telemetry.
func (s *sandbox) telemetrySubscribe(w http.ResponseWriter, r *http.Request) *apiError {
	if _, refused := extensionID(r); refused != nil {
		return refused
	}
	body, err := readBody(r.Body, maxExtensionBody)
	if err != nil {
		return &apiError{http.StatusBadRequest, "ValidationError", err.Error()}
	}
	subscriber, wrong := s.env.cfg.subscription(body)
	if wrong != "" {
		return &apiError{http.StatusBadRequest, "ValidationError", wrong}
	}
	refused := s.forExtension(r, "", func(x *extension) *apiError {
		if x.subscribed {
			// In the words of AWS's emulator of managed instances.
			return &apiError{http.StatusInternalServerError, "InternalServerError", "Internal Server Error"}
		}
		if !s.telemetry.subscribe(subscriber) {
			return forbidden("Telemetry.SubscriptionClosed", "Telemetry API subscription is closed already")
		}
		x.subscribed = true
		s.env.platform.subscription(x.name, subscriber.streams)
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

// A problems list has what is wrong with a request.
type problems []string

func (p *problems) check(ok bool, format string, args ...any) {
	if !ok {
		*p = append(*p, fmt.Sprintf(format, args...))
	}
}

// limited returns value, or preset if it is not given, and checks its limits.
func (p *problems) limited(name string, value, preset, least, most int) int {
	value = cmp.Or(value, preset)
	p.check(value >= least && value <= most, "%s %d is not between %d and %d", name, value, least, most)
	return value
}

// A destination is where a subscriber gets its events.
type destination struct {
	Protocol string
	URI      string
	Port     int
}

// subscription reads a request to subscribe, or returns what is wrong with it.
func (c *Config) subscription(body []byte) (s *subscriber, wrong string) {
	var request struct {
		SchemaVersion string
		Types         []string
		Buffering     buffering
		Destination   destination
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err.Error()
	}
	var p problems
	versions := schemaVersions
	if c.managed() {
		versions = versions[:1]
	}
	p.check(slices.Contains(versions, request.SchemaVersion), "schemaVersion %q is not one of %s",
		request.SchemaVersion, strings.Join(versions, ", "))
	to := request.Destination.sink(&p)
	p.check(len(request.Types) > 0, "types should not be empty")
	for _, stream := range request.Types {
		p.check(slices.Contains([]string{"platform", "function", "extension"}, stream), "type %q is not one", stream)
	}
	limits := buffering{
		MaxItems:  p.limited("maxItems", request.Buffering.MaxItems, 10_000, 1_000, 10_000),
		MaxBytes:  p.limited("maxBytes", request.Buffering.MaxBytes, 256<<10, 256<<10, 1<<20),
		TimeoutMs: p.limited("timeoutMs", request.Buffering.TimeoutMs, 1_000, 25, 30_000),
	}
	if len(p) > 0 {
		return nil, strings.Join(p, "; ")
	}
	return newSubscriber(request.Types, limits, to), ""
}

func (d destination) sink(p *problems) sink {
	switch d.Protocol {
	case "HTTP":
		u, err := url.Parse(d.URI)
		if err != nil {
			p.check(false, "URI: %v", err)
			return nil
		}
		p.check(u.Scheme == "http", "URI scheme %q is not http", u.Scheme)
		p.check(u.Hostname() == "sandbox" || u.Hostname() == "sandbox.localdomain",
			"URI host %q is neither sandbox.localdomain nor sandbox", u.Hostname())
		p.check(u.Port() != "", "URI port is not provided")
		return newHTTPSink(u.Port(), u.RequestURI(), u.Host)
	case "TCP":
		p.check(d.Port >= 1 && d.Port <= 65535, "port %d is not one", d.Port)
		return &tcpSink{port: d.Port}
	}
	p.check(false, "protocol %q is neither HTTP nor TCP", d.Protocol)
	return nil
}
