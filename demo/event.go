package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"example.com/postinvoke/lambdaenv"
)

// readEvent returns the event that the -event flag means: a file of this name,
// JSON, or "-" for standard input.
func readEvent(ctx context.Context, arg string, stdin io.Reader) ([]byte, error) {
	switch arg {
	case "":
		return nil, usagef("-event: neither JSON nor a file was given")
	case "-":
		event, err := read(ctx, func() ([]byte, error) { return readSome(stdin) })
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			return nil, fmt.Errorf("-event -: %w", err)
		}
		return checkedJSON("-event -", event)
	}
	event, err := read(ctx, func() ([]byte, error) { return readFile(arg) })
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err == nil:
		return checkedJSON("-event "+arg, event)
	case json.Valid([]byte(arg)):
		return []byte(arg), nil
	case strings.ContainsAny(arg[:1], `{["`): // meant to be
		return checkedJSON("-event", []byte(arg))
	case errors.Is(err, fs.ErrNotExist):
		return nil, usagef("-event %s: no such file, and not JSON either", arg)
	}
	return nil, usagef("-event %s: %v", arg, reason(err))
}

// read reads an event, but gives up when ctx ends: somebody may sit at the
// keyboard, or at the other end of a pipe. The read itself cannot be ended, and
// is left to the process's end.
func read(ctx context.Context, from func() ([]byte, error)) ([]byte, error) {
	var (
		b    []byte
		err  error
		done = make(chan struct{})
	)
	go func() {
		b, err = from()
		close(done)
	}()
	select {
	case <-done:
		return b, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// readSome reads an event, and a byte more of one that is too large.
func readSome(r io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, lambdaenv.MaxEvent+1))
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readSome(f)
}

func checkedJSON(what string, event []byte) ([]byte, error) {
	if len(event) > lambdaenv.MaxEvent {
		return nil, usagef("%s: more than %d bytes, and Lambda takes no larger events", what, lambdaenv.MaxEvent)
	}
	var v any
	if err := json.Unmarshal(event, &v); err != nil {
		return nil, usagef("%s: not JSON: %v", what, err)
	}
	return bytes.TrimSpace(event), nil
}

// reason is an error about a file without its name, which was said before.
func reason(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
