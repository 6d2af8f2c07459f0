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
	conn    net.Conn
	managed bool // many invocations at a time, none of them waited for
	log     logger

	mu      sync.Mutex
	current string // request id of the running handler
	asked   string // about this one, which was not running
	line    []byte
	lost    bool
}

var errNobodyListens = errors.New("nobody listens")

// dial connects to the extension.
func dial(managed bool, log logger) (*linkKeeper, error) {
	address, err := link.Address()
	if err != nil {
		return nil, err
	}
	conn, err := net.DialTimeout("tcp", address, link.HelloWithin)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("%w on %s: the function has no postinvoke layer, or its extension could not listen", errNobodyListens, address)
	case err != nil:
		return nil, fmt.Errorf("connect to the extension: %w", err)
	}
	in := bufio.NewReaderSize(conn, link.MaxLine)
	if err := greet(conn, in); err != nil {
		conn.Close()
		return nil, fmt.Errorf("on %s is not this version of the postinvoke extension: %w", address, err)
	}
	k := &linkKeeper{conn: conn, managed: managed, log: log}
	go k.answer(in)
	return k, nil
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

// answer answers the extension's questions until the link is lost. Until the
// end of the process, that is, unless the extension has died: then Lambda is
// about to end the process.
func (k *linkKeeper) answer(in *bufio.Reader) {
	for {
		line, err := link.ReadLine(in)
		k.mu.Lock()
		if err != nil {
			k.lose(err)
			k.mu.Unlock()
			return
		}
		if m, ok := link.Parse(line); ok && m.Word == link.Ask {
			if m.RequestID == k.current {
				k.send(link.Message{Word: link.Busy, RequestID: m.RequestID})
			} else {
				k.asked = m.RequestID
			}
		}
		k.mu.Unlock()
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
		k.lose(err)
	}
}

// lose logs, once, that the link is lost. The caller holds the lock.
func (k *linkKeeper) lose(err error) {
	if !k.lost {
		k.lost = true
		k.log.process(slog.LevelError, record.LinkLost, slog.String(record.Error, err.Error()))
	}
}

func (k *linkKeeper) mode() string                  { return record.ModeExtension }
func (k *linkKeeper) shutdownBudget() time.Duration { return budgetBesideExternal }
