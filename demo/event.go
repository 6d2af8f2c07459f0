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
)

// readEvent returns the event that the -event flag means: a file of this name,
// JSON, or "-" for standard input.
func readEvent(ctx context.Context, arg string, stdin io.Reader) ([]byte, error) {
	switch arg {
	case "":
		return nil, usagef("-event: neither JSON nor a file was given")
	case "-":
		event, err := readAll(ctx, stdin)
		if err != nil {
			return nil, fmt.Errorf("-event -: %w", err)
		}
		return checkedJSON("-event -", event)
	}
	event, err := os.ReadFile(arg)
	switch {
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

// readAll is io.ReadAll, but gives up when ctx ends: somebody may sit at the
// keyboard. The read itself cannot be ended, and is left to the process's end.
func readAll(ctx context.Context, r io.Reader) ([]byte, error) {
	var (
		b    []byte
		err  error
		done = make(chan struct{})
	)
	go func() {
		b, err = io.ReadAll(r)
		close(done)
	}()
	select {
	case <-done:
		return b, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func checkedJSON(what string, event []byte) ([]byte, error) {
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
