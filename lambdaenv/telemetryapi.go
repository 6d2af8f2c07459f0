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
	refused := s.forExtension(r, unknownExtension, func(x *extension) *apiError {
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

// subscription reads a request to subscribe, or returns what is wrong with it.
func (c *Config) subscription(body []byte) (s *subscriber, wrong string) {
	var request struct {
		SchemaVersion string
		Types         []string
		Buffering     buffering
		Destination   struct {
			Protocol string
			URI      string
			Port     int
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err.Error()
	}
	var problems []string
	check := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	versions := schemaVersions
	if c.managed() {
		versions = versions[:1]
	}
	check(slices.Contains(versions, request.SchemaVersion), "schemaVersion %q is not one of %s",
		request.SchemaVersion, strings.Join(versions, ", "))

	var to sink
	switch d := request.Destination; d.Protocol {
	case "HTTP":
		u, err := url.Parse(d.URI)
		if err != nil {
			check(false, "URI: %v", err)
			break
		}
		check(u.Scheme == "http", "URI scheme %q is not http", u.Scheme)
		check(u.Hostname() == "sandbox" || u.Hostname() == "sandbox.localdomain",
			"URI host %q is neither sandbox.localdomain nor sandbox", u.Hostname())
		check(u.Port() != "", "URI port is not provided")
		to = newHTTPSink(u.Port(), u.RequestURI(), u.Host)
	case "TCP":
		check(d.Port >= 1 && d.Port <= 65535, "port %d is not one", d.Port)
		to = &tcpSink{port: d.Port}
	default:
		check(false, "protocol %q is neither HTTP nor TCP", d.Protocol)
	}

	check(len(request.Types) > 0, "types should not be empty")
	for _, stream := range request.Types {
		check(slices.Contains([]string{"platform", "function", "extension"}, stream), "type %q is not one", stream)
	}

	b := request.Buffering
	limit := func(name string, value *int, preset, least, most int) {
		*value = cmp.Or(*value, preset)
		check(*value >= least && *value <= most, "%s %d is not between %d and %d", name, *value, least, most)
	}
	limit("maxItems", &b.MaxItems, 10_000, 1_000, 10_000)
	limit("maxBytes", &b.MaxBytes, 256<<10, 256<<10, 1<<20)
	limit("timeoutMs", &b.TimeoutMs, 1_000, 25, 30_000)
	if len(problems) > 0 {
		return nil, strings.Join(problems, "; ")
	}
	return newSubscriber(request.Types, b, to), ""
}
