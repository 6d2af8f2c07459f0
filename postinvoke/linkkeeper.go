package postinvoke

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"example.com/postinvoke/internal/link"
	"example.com/postinvoke/record"
)

// A linkKeeper leaves it to the extension of the layer to keep the environment
// awake, and tells it over the link when hooks are done.
type linkKeeper struct {
	managed bool // many invocations at a time, none of them waited for
	log     logger

	mu      sync.Mutex
	conn    net.Conn
	current string       // request id of the running handler
	asked   string       // about this one, which was not running
	unsent  link.Message // done, which could not be sent
	line    []byte
}

// maxReconnects keeps whoever greets and hangs up from keeping us busy.
const maxReconnects = 100

var errNobodyListens = errors.New("nobody listens")

// openLink connects to the extension, and returns its address.
func openLink(managed bool, log logger) (k *linkKeeper, address string, err error) {
	conn, in, err := dial()
	if err != nil {
		return nil, "", err
	}
	k = &linkKeeper{managed: managed, log: log, conn: conn}
	go k.serve(in)
	return k, conn.RemoteAddr().String(), nil
}

// redial connects again. It tries twice: the process may have been frozen in
// the middle of the first, and the time for greetings been over when it was
// thawed.
func redial() (net.Conn, *bufio.Reader, error) {
	conn, in, err := dial()
	if err != nil && !errors.Is(err, errNobodyListens) {
		conn, in, err = dial()
	}
	return conn, in, err
}

func dial() (net.Conn, *bufio.Reader, error) {
	address, err := link.Address()
	if err != nil {
		return nil, nil, err
	}
	conn, err := net.DialTimeout("tcp", address, link.HelloWithin)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, nil, fmt.Errorf("%w on %s: the function has no postinvoke layer, or its extension could not listen", errNobodyListens, address)
	case err != nil:
		return nil, nil, fmt.Errorf("connect to the extension: %w", err)
	}
	in := bufio.NewReaderSize(conn, link.MaxLine)
	if err := greet(conn, in); err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("on %s is not this version of the postinvoke extension: %w", address, err)
	}
	return conn, in, nil
}

func greet(conn net.Conn, in *bufio.Reader) error {
	if err := conn.SetDeadline(time.Now().Add(link.HelloWithin)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte(link.Hello + "\n")); err != nil {
		return err
	}
	hello, err := in.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("it did not greet: %w", err)
	}
	if string(hello) != link.Hello+"\n" {
		return fmt.Errorf("it greets with %q, not %q", hello, link.Hello+"\n")
	}
	return conn.SetDeadline(time.Time{})
}

// serve answers the extension until the end of the process, and connects again
// when the link is lost. If it cannot, the extension has died, and Lambda is
// about to end the process.
func (k *linkKeeper) serve(in *bufio.Reader) {
	for reconnects := 0; ; reconnects++ {
		lost := k.answer(in)
		k.mu.Lock()
		k.conn.Close() // if it was not lost by reading
		k.mu.Unlock()
		conn, again, err := redial()
		if err == nil && reconnects == maxReconnects {
			conn.Close()
			err = fmt.Errorf("lost %d times, not used again", reconnects+1)
		}
		if err != nil {
			k.log.process(slog.LevelError, record.LinkLost, slog.String(record.Error, lost.Error()+"; "+err.Error()))
			return
		}
		k.log.process(slog.LevelWarn, record.LinkLost, slog.String(record.Error, lost.Error()+"; connected again"))
		k.resume(conn)
		in = again
	}
}

// answer answers the extension's questions until the link is lost.
func (k *linkKeeper) answer(in *bufio.Reader) error {
	for {
		line, err := link.ReadLine(in)
		if err != nil {
			return err
		}
		m, ok := link.Parse(line)
		if !ok || m.Word != link.Ask {
			continue
		}
		k.mu.Lock()
		if m.RequestID == k.current {
			k.send(link.Message{Word: link.Busy, RequestID: m.RequestID})
		} else {
			k.asked = m.RequestID
		}
		k.mu.Unlock()
	}
}

// resume goes on with a new connection, over which the extension has heard
// nothing.
func (k *linkKeeper) resume(conn net.Conn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.conn = conn
	unsent := k.unsent
	k.unsent = link.Message{}
	if unsent.Word != "" {
		k.send(unsent)
	} else if k.current != "" {
		k.send(link.Message{Word: link.Busy, RequestID: k.current})
	}
}

func (k *linkKeeper) begin(requestID string) {
	if k.managed {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current = requestID
	if k.asked == requestID {
		k.send(link.Message{Word: link.Busy, RequestID: requestID})
	}
}

func (k *linkKeeper) done(requestID string, hooks time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current == requestID {
		k.current = ""
	}
	k.send(link.Message{Word: link.Done, RequestID: requestID, Hooks: hooks})
}

// send writes a line. The caller holds the lock.
func (k *linkKeeper) send(m link.Message) {
	k.line = m.Append(k.line[:0])
	err := k.conn.SetWriteDeadline(time.Now().Add(link.HelloWithin))
	if err == nil {
		_, err = k.conn.Write(k.line)
	}
	if err != nil {
		k.conn.Close() // which serve notices
		if m.Word == link.Done {
			k.unsent = m
		}
	}
}

func (k *linkKeeper) mode() string                  { return record.ModeExtension }
func (k *linkKeeper) shutdownBudget() time.Duration { return budgetBesideExternal }
