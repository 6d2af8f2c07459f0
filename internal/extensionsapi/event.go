package extensionsapi

import (
	"errors"
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
		return Event{}, wrap("not an event", err)
	}
	e := Event{Type: members["eventType"], RequestID: members["requestId"], Reason: members["shutdownReason"]}
	// A number; a sample in Lambda's documentation has a string.
	e.DeadlineMs, err = strconv.ParseInt(members["deadlineMs"], 10, 64)
	switch {
	case e.Type == "":
		return Event{}, errors.New("not an event: no eventType in " + quoted(b))
	case e.Type == "INVOKE" && err != nil:
		return Event{}, errors.New("not an event: deadlineMs is not a whole number in " + quoted(b))
	}
	return e, nil
}
