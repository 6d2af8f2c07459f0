package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"example.com/postinvoke/postinvoke"
)

// faults are what a handler or a hook can do. They are named functions, because
// records of lost hooks have their names.
var faults = map[string]func(context.Context) error{
	"work":                          work,
	"decode slowly":                 work,
	"fail":                          fail,
	"panic":                         panics,
	"exit":                          exit,
	"log fatal":                     logFatal,
	"take all memory":               takeAllMemory,
	"wait":                          wait,
	"hang":                          hang,
	"loop":                          loop,
	"be late":                       beLate,
	"be too late":                   beTooLate,
	"await tampering":               awaitTampering,
	"await too late":                awaitTooLate,
	"take a while":                  takeAWhile,
	"start a goroutine":             startGoroutine,
	"start a goroutine that panics": startPanic,
}

// fault returns the fault of that name.
func fault(name string) func(context.Context) error {
	if what, ok := strings.CutPrefix(name, "linger until "); ok {
		return lingerUntil(what)
	}
	if what, ok := strings.CutPrefix(name, "outlast "); ok {
		return outlast(strings.Fields(what))
	}
	f := faults[name]
	if f == nil {
		panic("there is no fault " + name)
	}
	return f
}

func work(ctx context.Context) error {
	fmt.Println("handler works")
	postinvoke.Run(ctx, worksToo)
	return nil
}

func worksToo() { fmt.Println("hook works") }

func fail(context.Context) error { return errors.New("no such luck") }

func panics(context.Context) error { panic("no way out") }

func exit(context.Context) error {
	os.Exit(3)
	return nil
}

func logFatal(context.Context) error {
	log.Fatal("no point in going on")
	return nil
}

func takeAllMemory(context.Context) error {
	hoard := make([]byte, 1<<47-1<<20) // so much that the Go runtime gives up at once
	fmt.Println("has", len(hoard))
	return nil
}

func wait(ctx context.Context) error {
	fmt.Println("waits")
	<-ctx.Done()
	fmt.Println("stops waiting:", ctx.Err())
	return nil
}

func hang(context.Context) error {
	fmt.Println("hangs")
	select {}
}

func loop(context.Context) error {
	fmt.Println("loops")
	for n := 0; ; n++ { // no call, so that only a signal can interrupt it
	}
}

// beLate leaves hooks no time.
func beLate(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	time.Sleep(time.Until(deadline) - 750*time.Millisecond)
	fmt.Println("is late")
	return nil
}

// beTooLate returns after the function's timeout.
func beTooLate(ctx context.Context) error {
	if err := beLate(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	fmt.Println("is too late")
	close(signalOf("too late"))
	return nil
}

// awaitTooLate returns when beTooLate does.
func awaitTooLate(context.Context) error {
	<-signalOf("too late")
	return nil
}

// takeAWhile takes long enough for a freeze that comes too early to show.
func takeAWhile(context.Context) error {
	time.Sleep(200 * time.Millisecond)
	fmt.Println("took a while")
	return nil
}

// awaitTampering has the extension tamper begin, and returns when that is done.
func awaitTampering(context.Context) error {
	if err := os.WriteFile(filepath.Join(os.TempDir(), "tamper"), nil, 0o600); err != nil {
		return err
	}
	for {
		if _, err := os.Stat(filepath.Join(os.TempDir(), "tampered")); err == nil {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
}

func startGoroutine(context.Context) error {
	go func() {
		awaitCall()
		fmt.Println("the goroutine goes on")
	}()
	fmt.Println("started a goroutine")
	return nil
}

func startPanic(context.Context) error {
	go panic("no way out")
	select {}
}

// called is broadcast at each call of the handler.
var called = sync.NewCond(&sync.Mutex{})

func callArrived() { called.Broadcast() }

// awaitCall returns when the handler is called the next time.
func awaitCall() {
	called.L.Lock()
	defer called.L.Unlock()
	called.Wait()
}
