package main

import (
	"context"
	"fmt"
	"sync"
)

// signals are closed by a later invocation than that which waits for them.
var (
	signalsMu sync.Mutex
	signals   = map[string]chan struct{}{}
)

func signalOf(name string) chan struct{} {
	signalsMu.Lock()
	defer signalsMu.Unlock()
	if signals[name] == nil {
		signals[name] = make(chan struct{})
	}
	return signals[name]
}

// lingerUntil returns a hook that ignores its context, and returns when a later
// invocation outlasts it, or with "called" at the next call of the handler.
func lingerUntil(name string) func(context.Context) error {
	return func(context.Context) error {
		fmt.Println("lingers until", name)
		if name == "called" {
			awaitCall()
		} else {
			<-signalOf(name)
		}
		fmt.Println("lingered until", name)
		return nil
	}
}

// outlast returns a hook that lets the lingering hooks return, one after the
// other, and takes a while after each: that is when it would be frozen, if the
// end of an old hook counted for this invocation. It needs LOGGER=late.
func outlast(names []string) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, name := range names {
			close(signalOf(name))
			<-lateRecords
			if err := takeAWhile(ctx); err != nil {
				return err
			}
			fmt.Println("outlasts", name)
		}
		return nil
	}
}
