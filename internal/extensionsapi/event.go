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

// parseEvent reads an event. It ignores members that Event does not have.
func parseEvent(b []byte) (Event, error) {
	var e Event
	var deadline string
	err := jsontext.Scalars(string(b), func(name, value string) {
		switch name {
		case "eventType":
			e.Type = value
		case "requestId":
			e.RequestID = value
		case "shutdownReason":
			e.Reason = value
		case "deadlineMs":
			deadline = value // a number; a sample in Lambda's documentation has a string
		}
	})
	if err != nil {
		return Event{}, wrap("not an event", errors.New(err.Error()+": "+quoted(b)))
	}
	e.DeadlineMs, err = strconv.ParseInt(deadline, 10, 64)
	switch {
	case e.Type == "":
		return Event{}, errors.New("not an event: no eventType in " + quoted(b))
	case e.Type == "INVOKE" && err != nil:
		return Event{}, errors.New("not an event: deadlineMs is not a whole number in " + quoted(b))
	}
	return e, nil
}
