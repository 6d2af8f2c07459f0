package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// readEvent returns the event that the -event flag means: a file of this name,
// JSON, or "-" for standard input.
func readEvent(arg string, stdin io.Reader) ([]byte, error) {
	switch arg {
	case "":
		return nil, usagef("-event: neither JSON nor a file was given")
	case "-":
		event, err := io.ReadAll(stdin)
		if err != nil {
			return nil, usagef("-event -: %v", err)
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
