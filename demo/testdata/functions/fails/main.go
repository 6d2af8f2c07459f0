// Command fails is a function whose handler does what the event says: return
// an error, exit, register no hook or one that panics, or print what could upset
// a terminal.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"example.com/postinvoke/postinvoke"
)

func main() {
	postinvoke.Start(handle, nil)
}

func handle(ctx context.Context, what string) (string, error) {
	if what == "no hooks" {
		fmt.Println("STAGE=" + os.Getenv("STAGE"))
		postinvoke.ShutdownContext(goodbye)
		return what, nil
	}
	if what == "panic" {
		postinvoke.Run(ctx, func() { panic("out of ink") })
		return what, nil
	}
	postinvoke.RunContext(ctx, func(context.Context) error {
		return errors.New("no route to host")
	})
	switch what {
	case "error":
		return "", errors.New("no such customer")
	case "exit":
		os.Exit(3)
	}
	fmt.Println("a\tb \x1b[2J c")
	return what, nil
}

func goodbye(context.Context) error { return errors.New("nobody is left to say it to") }
