// Command failing is the function whose failures the drawing of the dashboard shows:
// it answers, runs a hook, and fails in the way that its event names.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

type event struct {
	Do        string `json:"do"`        // empty for nothing wrong
	HandlerMs int    `json:"handlerMs"` // how long the handler works
	HookMs    int    `json:"hookMs"`    // and the hook
}

// earlier is the context of the last invocation that has ended.
var earlier context.Context

func main() {
	postinvoke.Shutdown(goodbye)
	lambda.Start(postinvoke.Wrap(handle, nil))
}

func goodbye() { fmt.Println("connections closed") }

func handle(ctx context.Context, e event) (string, error) {
	defer func() { earlier = ctx }()
	fmt.Println("order accepted")
	sendReceipt := func(ctx context.Context) error {
		work(e.HookMs)
		return inHook(ctx, e.Do) //hooklint:ignore it exits if the event requests it
	}
	postinvoke.RunContext(ctx, sendReceipt)
	work(e.HandlerMs)
	switch e.Do {
	case "error":
		return "", errors.New("no such customer")
	case "handler panic":
		panic("no such customer")
	case "exit":
		os.Exit(3)
	case "timeout":
		select {}
	case "too much":
		return strings.Repeat("x", 7<<20), nil
	case "too late":
		postinvoke.Run(earlier, goodbye)
	}
	return "accepted", nil
}

// inHook is what goes wrong in the hook.
func inHook(ctx context.Context, do string) error {
	switch do {
	case "hook fails":
		return errors.New("mail server: connection refused")
	case "hook panics":
		panic("out of ink")
	case "hook overruns":
		deadline, _ := ctx.Deadline()
		time.Sleep(time.Until(deadline) + 300*time.Millisecond) // and does not look at its context
	case "hook exits":
		os.Exit(3)
	case "hook is killed":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "hook takes all memory":
		hoard := make([]byte, 1<<47-1<<20) // so much that the Go runtime gives up at once
		fmt.Println("has", len(hoard))
	case "goroutine panics":
		go panic("nobody recovers this")
		select {}
	}
	return nil
}

func work(ms int) { time.Sleep(time.Duration(ms) * time.Millisecond) }
