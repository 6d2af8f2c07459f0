package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"example.com/postinvoke/postinvoke"
)

// faults are what a handler or a hook may do.
var faults = map[string]func(context.Context) error{
	"work": func(ctx context.Context) error {
		fmt.Println("handler works")
		postinvoke.Run(ctx, say("hook works"))
		return nil
	},
	"fail": func(context.Context) error {
		return errors.New("no such luck")
	},
	"panic": func(context.Context) error {
		panicking()
		return nil
	},
	"panic and hang": func(ctx context.Context) error {
		postinvoke.Run(ctx, hang)
		panicking()
		return nil
	},
	"exit": func(context.Context) error {
		os.Exit(3)
		return nil
	},
	"take all memory": func(context.Context) error {
		hoard := make([]byte, 1<<47-1<<20) // so much that the Go runtime gives up at once
		fmt.Println("has", len(hoard))
		return nil
	},
	"wait": func(ctx context.Context) error {
		fmt.Println("waits")
		<-ctx.Done()
		fmt.Println("stops waiting:", ctx.Err())
		return nil
	},
	"hang": func(context.Context) error {
		hang()
		return nil
	},
	"loop": func(context.Context) error {
		fmt.Println("loops")
		for n := 0; ; n++ { // no call, so that only a signal can interrupt it
		}
	},
	"be late": func(ctx context.Context) error {
		deadline, _ := ctx.Deadline()
		time.Sleep(time.Until(deadline) - 500*time.Millisecond)
		fmt.Println("is late")
		return nil
	},
	"linger": func(context.Context) error {
		fmt.Println("lingers")
		awaitCall()
		return nil
	},
	"start a goroutine": func(context.Context) error {
		go func() {
			awaitCall()
			fmt.Println("the goroutine goes on")
		}()
		fmt.Println("started a goroutine")
		return nil
	},
	"start a goroutine that panics": func(context.Context) error {
		go panicking()
		select {}
	},
	"close sockets": func(ctx context.Context) error {
		closeLink()
		fmt.Println("closed sockets")
		time.Sleep(200 * time.Millisecond)
		fmt.Println("took a while")
		return nil
	},
}

func hang() {
	fmt.Println("hangs")
	select {}
}

func panicking() { panic("no way out") }

// called is told of each call of the handler.
var called = sync.NewCond(&sync.Mutex{})

// awaitCall returns when the handler is called the next time.
func awaitCall() {
	called.L.Lock()
	defer called.L.Unlock()
	called.Wait()
}

// closeLink shuts the connection with the extension down, as code does that
// shuts whatever sockets it finds.
func closeLink() {
	_, port, err := net.SplitHostPort("127.0.0.1:" + os.Getenv("POSTINVOKE_PORT"))
	if err != nil {
		panic(err)
	}
	for fd := range 256 {
		peer, err := syscall.Getpeername(fd)
		if a, ok := peer.(*syscall.SockaddrInet4); err == nil && ok && strconv.Itoa(a.Port) == port {
			syscall.Shutdown(fd, syscall.SHUT_RDWR)
		}
	}
}
