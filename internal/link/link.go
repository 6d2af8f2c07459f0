// Package link is the protocol between the library in the function process and
// the extension beside it: all that the two share.
//
// It runs over one TCP connection on loopback. The extension listens before it
// registers with Lambda, and Lambda starts the runtime only after every
// extension has registered, so a function that finds nobody listening has no
// layer (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
//
// Both sides greet first with a [Hello] line, so that a stranger on the port,
// or another version of the protocol, is recognised. After that a line is one
// of
//
//	done REQUEST-ID MICROSECONDS   function: its hooks are over and took that long
//	ask REQUEST-ID                 extension: is its handler at work?
//	busy REQUEST-ID                function: it is; also later, if it was not yet
//
// and most invocations need only the first. The extension asks after
// [AskAfter]. A function that has said nothing within [TakeUpWithin] of the
// invoke event never saw the invocation: aws-lambda-go answers events that it
// cannot decode without calling the handler.
//
// A function that loses the connection connects again, greets, and repeats what
// it could not send: "done", or "busy" about the handler that is at work.
package link

import (
	"bufio"
	"bytes"
	"errors"
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

	// AskAfter is how long the extension waits for word before it asks.
	AskAfter = 250 * time.Millisecond

	// TakeUpWithin is how long the extension waits for the first word about
	// an invocation. It leaves a slow function about a second and a half to
	// decode a large event.
	TakeUpWithin = 2 * time.Second

	// ReconnectWithin is how long the extension waits, during an invocation,
	// for a function whose connection was lost. Either it connects again, or
	// it has died and Lambda is about to notice: an environment that went idle
	// before that would be given the next event, and its caller the crash.
	ReconnectWithin = 50 * time.Millisecond
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

// A Word is what a message says.
type Word string

// Words of the protocol.
const (
	Done Word = "done"
	Ask  Word = "ask"
	Busy Word = "busy"
)

// A Message is one line after the greeting.
type Message struct {
	Word      Word
	RequestID string
	Hooks     time.Duration // of Done
}

// Append appends the line of m to b.
func (m Message) Append(b []byte) []byte {
	b = append(b, m.Word...)
	b = append(b, ' ')
	b = append(b, m.RequestID...)
	if m.Word == Done {
		b = append(b, ' ')
		b = strconv.AppendInt(b, max(0, m.Hooks.Microseconds()), 10)
	}
	return append(b, '\n')
}

// Parse reads a line, with or without its line end. It reports false for
// anything that is not a whole message of this version: the reader ignores it.
func Parse(line []byte) (Message, bool) {
	line = bytes.TrimSuffix(line, []byte("\n"))
	word, rest, _ := bytes.Cut(line, []byte(" "))
	id, number, hasNumber := bytes.Cut(rest, []byte(" "))
	m := Message{Word: Word(word), RequestID: string(id)}
	if m.RequestID == "" {
		return Message{}, false
	}
	switch m.Word {
	case Ask, Busy:
		return m, !hasNumber
	case Done:
		us, err := strconv.ParseUint(string(number), 10, 53)
		m.Hooks = time.Duration(us) * time.Microsecond
		return m, err == nil
	}
	return Message{}, false
}

// ReadLine returns the next line of r, which is valid until the next call. One
// that does not fit into the buffer of r is skipped, and an empty one returned
// in its place.
func ReadLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.ReadSlice('\n')
	}
	return nil, err
}
