package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"example.com/postinvoke/internal/link"
)

// maxConnections is more than the one that a function needs, and few enough
// for strangers not to cost memory.
const maxConnections = 8

// listen opens the port for the function, and serves it from then on.
func (e *extension) listen() error {
	address, err := link.Address()
	if err != nil {
		return err
	}
	// Go listens with Multipath TCP where it can, which is of no use on loopback
	// and a layer more for each message to go through.
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	listener, err := config.Listen(context.Background(), "tcp4", address)
	if err != nil {
		return fmt.Errorf("cannot listen for the function: %w", err)
	}
	go func() {
		slots := make(chan struct{}, maxConnections)
		for {
			slots <- struct{}{}
			conn, err := listener.Accept()
			if err != nil {
				time.Sleep(10 * time.Millisecond) // out of descriptors, say
				<-slots
				continue
			}
			go func() {
				e.serve(conn)
				<-slots
			}()
		}
	}()
	return nil
}

// serve greets whoever connected, and takes messages until they hang up.
func (e *extension) serve(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewReaderSize(conn, link.MaxLine)

	if conn.SetDeadline(time.Now().Add(link.HelloWithin)) != nil {
		return
	}
	line, err := link.ReadLine(lines)
	if err != nil {
		return
	}
	hello := strings.TrimSuffix(string(line), "\n")
	known := hello == link.Hello
	if known {
		e.mu.Lock()
		e.function = conn
		e.mu.Unlock()
		e.gate.Connect() // before the answer: the function relies on it
		defer e.gate.Disconnect()
	} else if strings.HasPrefix(hello, "postinvoke/") {
		e.log.problem(fmt.Sprintf("the function's library speaks %q, this layer %q: use library and layer of the same version", hello, link.Hello))
	}
	if _, err := conn.Write([]byte(link.Hello + "\n")); err != nil || !known {
		return
	}
	if conn.SetDeadline(time.Time{}) != nil {
		return
	}
	for {
		line, err := link.ReadLine(lines)
		if err != nil {
			return
		}
		if m, ok := link.Parse(line); ok {
			e.said(m)
		}
	}
}

// ask asks the function whether its handler is at work.
func (e *extension) ask(requestID string) {
	e.mu.Lock()
	conn := e.function
	e.mu.Unlock()
	if conn != nil && conn.SetWriteDeadline(time.Now().Add(link.HelloWithin)) == nil {
		conn.Write(link.Message{Word: link.Ask, RequestID: requestID}.Append(nil)) // serve notices if it fails
	}
}
