// Package link is the protocol between the library in the function process and
// the extension beside it: all that the two share.
//
// It runs over one TCP connection on loopback. The extension listens before it
// registers with Lambda, and Lambda starts the runtime only after every
// extension has registered, so a function that finds nobody listening has no
// layer (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
//
// Both sides greet first with a [Hello] line, so that a stranger on the port,
// or another version of the protocol, is recognised. After that only the
// function speaks, a line at a time:
//
//	done REQUEST-ID MICROSECONDS   its hooks are over and took that long
//	busy REQUEST-ID                its handler is at work; sent once, after [BusyAfter]
//
// A function that says neither within [TakeUpWithin] of the invoke event never
// saw the invocation: aws-lambda-go answers events that it cannot decode
// without calling the handler.
package link

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

const (
	// Hello is the greeting of this version of the protocol, without its
	// line end.
	Hello = "postinvoke/1"

	// PortVariable names the environment variable that overrides DefaultPort,
	// for function and extension alike.
	PortVariable = "POSTINVOKE_PORT"

	// DefaultPort is where the extension listens on 127.0.0.1.
	DefaultPort = 1339

	// MaxLine is the longest line that either side accepts, line end
	// included. A request id is a UUID of 36 bytes.
	MaxLine = 256

	// HelloWithin is how long either side waits for the other's greeting.
	HelloWithin = time.Second

	// BusyAfter is how long a handler runs before the function says so.
	BusyAfter = 250 * time.Millisecond

	// TakeUpWithin is how long the extension waits for the first word about
	// an invocation. It leaves a slow function about a second and a half to
	// decode a large event.
	TakeUpWithin = 2 * time.Second
)

// Address returns the loopback address of the link, from PortVariable or
// DefaultPort. A PortVariable that is not a port is an error.
func Address() (string, error) {
	port := DefaultPort
	if v := os.Getenv(PortVariable); v != "" {
		n, err := strconv.ParseUint(v, 10, 16)
		if err != nil || n == 0 {
			return "", &PortError{v}
		}
		port = int(n)
	}
	return "127.0.0.1:" + strconv.Itoa(port), nil
}

// A PortError reports a PortVariable that is not a port number.
type PortError struct{ Value string }

func (e *PortError) Error() string {
	return PortVariable + "=" + strconv.Quote(e.Value) + " is not a port number (1 to 65535)"
}

// A Message is one line that the function sent after its greeting.
type Message struct {
	RequestID string
	Done      bool          // done, otherwise busy
	Hooks     time.Duration // of done
}

// AppendDone appends a done line to b.
func AppendDone(b []byte, requestID string, hooks time.Duration) []byte {
	b = append(b, "done "...)
	b = append(b, requestID...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, max(0, hooks.Microseconds()), 10)
	return append(b, '\n')
}

// AppendBusy appends a busy line to b.
func AppendBusy(b []byte, requestID string) []byte {
	b = append(b, "busy "...)
	b = append(b, requestID...)
	return append(b, '\n')
}

// Parse reads a line, with or without its line end. It reports false for
// anything that is not a whole message of this version: the caller ignores it.
func Parse(line []byte) (Message, bool) {
	line = bytes.TrimSuffix(line, []byte("\n"))
	word, rest, _ := bytes.Cut(line, []byte(" "))
	id, number, hasNumber := bytes.Cut(rest, []byte(" "))
	if len(id) == 0 {
		return Message{}, false
	}
	switch string(word) {
	case "busy":
		return Message{RequestID: string(id)}, !hasNumber
	case "done":
		us, err := strconv.ParseUint(string(number), 10, 53)
		if err != nil {
			return Message{}, false
		}
		return Message{RequestID: string(id), Done: true, Hooks: time.Duration(us) * time.Microsecond}, true
	}
	return Message{}, false
}
