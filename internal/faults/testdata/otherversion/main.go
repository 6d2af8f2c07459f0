// Command otherversion is an extension of postinvoke whose protocol is
// PROTOCOL. It knows no function that speaks another one, and waits for none.
package main

import (
	"io"
	"net"
	"os"
	"path/filepath"

	"example.com/postinvoke/internal/extensionsapi"
	"example.com/postinvoke/internal/link"
)

func main() {
	address, err := link.Address()
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				panic(err)
			}
			io.WriteString(conn, os.Getenv("PROTOCOL")+"\n")
			conn.Close()
		}
	}()
	api := extensionsapi.New(os.Getenv("AWS_LAMBDA_RUNTIME_API"), filepath.Base(os.Args[0]))
	if err := api.Register("INVOKE", "SHUTDOWN"); err != nil {
		panic(err)
	}
	for event := (extensionsapi.Event{}); event.Type != "SHUTDOWN"; {
		if event, err = api.Next(); err != nil {
			panic(err)
		}
	}
}
