package awstest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/aws/smithy-go/encoding/cbor"
)

// filterLogEvents answers
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
func (a *Account) filterLogEvents(w http.ResponseWriter, r *http.Request, _ string) {
	var in struct {
		LogGroupName   string
		StartTime      int64
		LogStreamNames []string
		NextToken      string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		failJSON(w, Failure{http.StatusBadRequest, "SerializationException", err.Error()})
		return
	}
	var f *function
	for _, candidate := range a.functions {
		if candidate.group == in.LogGroupName {
			f = candidate
		}
	}
	if f == nil {
		failJSON(w, Failure{http.StatusBadRequest, "ResourceNotFoundException", "The specified log group does not exist."})
		return
	}
	type out struct {
		EventID       string `json:"eventId,omitempty"`
		LogStreamName string `json:"logStreamName"`
		Message       string `json:"message"`
		Timestamp     int64  `json:"timestamp"`
		IngestionTime int64  `json:"ingestionTime"`
	}
	events, next := f.page(in.NextToken)
	found := []out{}
	for _, e := range events {
		at := e.time.UnixMilli()
		if at < in.StartTime || len(in.LogStreamNames) > 0 && !slices.Contains(in.LogStreamNames, e.stream) {
			continue
		}
		id := e.id
		if a.cfg.NoIDs {
			id = ""
		}
		found = append(found, out{id, e.stream, e.message, at, at})
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	body := map[string]any{"events": found, "searchedLogStreams": []any{}}
	if next != "" {
		body["nextToken"] = next
	}
	writeJSON(w, body)
}

// page returns the events of a page, and the token of the next, if any.
func (f *function) page(token string) ([]event, string) {
	size := f.account.cfg.PageSize
	if size == 0 {
		return f.look(), ""
	}
	page := 0
	var events []event
	if token == "" {
		events = f.look()
	} else {
		page, _ = strconv.Atoi(token)
		events = f.seen()
	}
	from := page / 2 * size
	if page%2 == 0 { // nothing found so far, as it is when much is searched
		return nil, strconv.Itoa(page + 1)
	}
	to := min(len(events), from+size)
	if to == len(events) {
		return events[min(from, to):], ""
	}
	return events[from:to], strconv.Itoa(page + 1)
}

// seen returns the events of the last look.
func (f *function) seen() []event {
	f.mu.Lock()
	defer f.mu.Unlock()
	var visible []event
	for _, e := range f.events {
		if e.visible <= f.looks {
			visible = append(visible, e)
		}
	}
	return visible
}

// getMetricStatistics answers
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
func (a *Account) getMetricStatistics(w http.ResponseWriter, r *http.Request, _ string) {
	var name string
	if body, err := readCBOR(r); err == nil {
		if dimensions, ok := body["Dimensions"].(cbor.List); ok && len(dimensions) == 1 {
			if d, ok := dimensions[0].(cbor.Map); ok {
				value, _ := d["Value"].(cbor.String)
				name = string(value)
			}
		}
	}
	f := a.functions[name]
	if f == nil {
		failCBOR(w, Failure{http.StatusBadRequest, "InvalidParameterValueException", "no such dimension"})
		return
	}
	f.mu.Lock()
	spans := slices.Clone(f.spans)
	f.mu.Unlock()
	spans = append(spans, slices.Repeat([]float64{5000}, a.cfg.MetricMore)...)
	points := cbor.List{}
	scale := a.cfg.MetricScale
	if scale == 0 {
		scale = 1
	}
	if scale > 0 {
		for _, span := range spans { // each invocation in a minute of its own
			points = append(points, cbor.Map{
				"Timestamp":   &cbor.Tag{ID: 1, Value: cbor.Float64(1.8e9)},
				"Maximum":     cbor.Float64(span * scale),
				"SampleCount": cbor.Float64(1),
				"Unit":        cbor.String("Milliseconds"),
			})
		}
	}
	writeCBOR(w, http.StatusOK, cbor.Map{"Label": cbor.String("PostRuntimeExtensionsDuration"), "Datapoints": points})
}

func readCBOR(r *http.Request) (cbor.Map, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	v, err := cbor.Decode(b)
	if err != nil {
		return nil, err
	}
	m, ok := v.(cbor.Map)
	if !ok {
		return nil, errors.New("not a map")
	}
	return m, nil
}
