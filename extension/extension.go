package main

import (
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"example.com/postinvoke/internal/extensionsapi"
	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/internal/link"
	"example.com/postinvoke/record"
)

// An extension serves one execution environment.
//
// All times are read from the wall clock, without Go's monotonic reading: the
// process is frozen between invocations.
type extension struct {
	log     *log
	gate    gate.Gate
	started time.Time
	// On Lambda Managed Instances nothing is frozen and INVOKE is refused;
	// what is known of invocations comes from the function.
	managed bool

	mu          sync.Mutex
	invocations int
	awake       time.Duration // in hooks, after responses
	lastEnd     time.Time     // of an invocation; of the start, before there is one
	function    net.Conn      // the latest that greeted; nil before
}

func newExtension(out io.Writer) *extension {
	now := wallClock()
	return &extension{
		log:     newLog(out, os.Getenv("AWS_LAMBDA_LOG_FORMAT"), os.Getenv("AWS_LAMBDA_LOG_LEVEL")),
		started: now,
		lastEnd: now,
		managed: os.Getenv("AWS_LAMBDA_INITIALIZATION_TYPE") == "lambda-managed-instances",
	}
}

func wallClock() time.Time { return time.Now().Round(0) }

// run listens, registers, and takes events until the environment is shut down.
// It listens first: Lambda starts the function only after the registration, so
// the function finds the port open.
func (e *extension) run(api *extensionsapi.Client) error {
	events := []string{"INVOKE", "SHUTDOWN"}
	if err := e.listen(); err != nil {
		e.log.problem(err.Error() + "; the function keeps its environment awake by itself")
		events = events[1:]
	} else if e.managed {
		events = events[1:]
	}
	if err := api.Register(events...); err != nil {
		return err
	}

	warned := false
	for {
		event, err := api.Next()
		if err != nil {
			return err
		}
		switch strings.ToUpper(event.Type) {
		case "INVOKE":
			verdict := e.gate.Hold(event.RequestID, time.UnixMilli(event.DeadlineMs), e.ask)
			e.served()
			if verdict == gate.Done || verdict == gate.Unconnected && warned {
				continue
			}
			warned = warned || verdict == gate.Unconnected
			e.log.write(warn, record.Released,
				field{record.RequestID, event.RequestID}, field{record.Reason, string(verdict)})
		case "SHUTDOWN":
			e.logEnd(event.Reason)
			return nil
		}
	}
}

// served counts an invocation that is over.
func (e *extension) served() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lastEnd = wallClock()
	e.invocations++
}

// said takes note of a message of the function.
func (e *extension) said(m link.Message) {
	switch m.Word {
	case link.Busy:
		e.gate.Busy(m.RequestID)
	case link.Done:
		e.mu.Lock()
		e.awake += m.Hooks
		e.mu.Unlock()
		if e.managed {
			e.served()
		}
		e.gate.Done(m.RequestID)
	}
}

func (e *extension) logEnd(reason string) {
	now := wallClock()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.log.write(info, record.Environment,
		field{record.Reason, reason},
		field{record.LifetimeMs, now.Sub(e.started)},
		field{record.IdleMs, now.Sub(e.lastEnd)},
		field{record.Invocations, e.invocations},
		field{record.AwakeMs, e.awake})
}
