// Command fails is a function whose handler does what the event names: return
// an error, panic, end the process, register hooks of many kinds or none, or
// print what could upset a terminal.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"example.com/postinvoke/postinvoke"
)

func main() {
	postinvoke.Start(handle, nil)
}

func handle(ctx context.Context, what string) (string, error) {
	if register := registers[what]; register != nil {
		register(ctx)
	} else {
		postinvoke.RunContext(ctx, func(context.Context) error { return errors.New("no route to host") })
	}
	switch what {
	case "error":
		return "", errors.New("no such customer")
	case "exit":
		os.Exit(3)
	case "handler panics":
		panic("no such customer")
	case "goroutine panics":
		go panic("no such goroutine")
		select {}
	case "large":
		return strings.Repeat("x", 7<<20), nil
	}
	fmt.Println("a\tb \x1b[2J c")
	return what, nil
}

var registers = map[string]func(context.Context){
	"no hooks": func(context.Context) {
		fmt.Println("STAGE=" + os.Getenv("STAGE"))
		postinvoke.ShutdownContext(func(context.Context) error { return errors.New("nobody is left to say it to") })
	},
	"panic":            func(ctx context.Context) { postinvoke.Run(ctx, outOfInk) },
	"exit":             two,
	"handler panics":   two,
	"goroutine panics": two,
	"large":            two,
	"hook exits": func(ctx context.Context) {
		postinvoke.Go(ctx, ping)
		two(ctx)
		postinvoke.Run(ctx, exit)
	},
	"hook is killed": func(ctx context.Context) { postinvoke.Run(ctx, kill) },
	"ignores": func(ctx context.Context) {
		two(ctx)
		postinvoke.Go(ctx, ping)
		time.Sleep(50 * time.Millisecond)
	},
	"fast": func(ctx context.Context) {
		for range 3 {
			postinvoke.Run(ctx, func() {})
		}
	},
}

func two(ctx context.Context) {
	postinvoke.Run(ctx, audit)
	postinvoke.Run(ctx, flush)
}

func outOfInk() { panic("out of ink") }

func exit() { os.Exit(4) }
func kill() { syscall.Kill(os.Getpid(), syscall.SIGKILL) }

func audit() { time.Sleep(100 * time.Millisecond) }
func flush() { time.Sleep(200 * time.Millisecond) }

// ping does not look at its context.
func ping(context.Context) error {
	time.Sleep(3 * time.Second)
	return nil
}
