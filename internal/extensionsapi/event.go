package extensionsapi

import (
	"fmt"
	"strconv"

	"example.com/postinvoke/internal/jsontext"
)

// An Event is an INVOKE or SHUTDOWN event, or one of a type yet unknown.
type Event struct {
	Type       string
	RequestID  string // of INVOKE
	Reason     string // of SHUTDOWN
	DeadlineMs int64  // since the Unix epoch; 0 where an event other than INVOKE has none
}

// parseEvent reads an event. What it does not know it skips.
func parseEvent(b []byte) (Event, error) {
	members, err := jsontext.Scalars(b, "eventType", "requestId", "shutdownReason", "deadlineMs")
	if err != nil {
		return Event{}, fmt.Errorf("not an event: %w", err)
	}
	e := Event{Type: members["eventType"], RequestID: members["requestId"], Reason: members["shutdownReason"]}
	// A number; a sample in Lambda's documentation has a string.
	e.DeadlineMs, err = strconv.ParseInt(members["deadlineMs"], 10, 64)
	const most = 512
	switch {
	case e.Type == "":
		return Event{}, fmt.Errorf("not an event: no eventType in %.*q", most, b)
	case e.Type == "INVOKE" && err != nil:
		return Event{}, fmt.Errorf("not an event: deadlineMs is not a whole number in %.*q", most, b)
	}
	return e, nil
}
