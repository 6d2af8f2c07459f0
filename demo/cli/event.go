package cli

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

// ReadEvent returns the event that the flag -event means: a file of this name,
// JSON, or "-" for standard input.
func ReadEvent(ctx context.Context, arg string, stdin io.Reader) ([]byte, error) {
	if arg == "" {
		return nil, Usagef("-event: neither JSON nor a file was given")
	}
	event, err := readUntil(ctx, func() ([]byte, error) { return readEvent(arg, stdin) })
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err == nil:
		return checkEvent("-event "+arg, event)
	case arg == "-":
		return nil, fmt.Errorf("-event -: %w", err)
	case json.Valid([]byte(arg)):
		return []byte(arg), nil
	case strings.ContainsAny(arg[:1], `{["`): // meant to be
		return checkEvent("-event", []byte(arg))
	case errors.Is(err, fs.ErrNotExist):
		return nil, Usagef("-event %s: no such file, and not JSON either", arg)
	}
	return nil, Usagef("-event %s: %v", arg, Reason(err))
}

// readUntil reads, but gives up when ctx ends: the input may be a keyboard or a
// pipe. The read itself cannot be ended, and is left to the process's end.
func readUntil(ctx context.Context, read func() ([]byte, error)) (b []byte, err error) {
	type result struct {
		b   []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		b, err := read()
		done <- result{b, err}
	}()
	select {
	case r := <-done:
		return r.b, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// readEvent reads a file or standard input, and a byte more of what is too large.
func readEvent(arg string, stdin io.Reader) ([]byte, error) {
	if arg != "-" {
		f, err := os.Open(arg)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		stdin = f
	}
	return io.ReadAll(io.LimitReader(stdin, lambdaenv.MaxEvent+1))
}

// byteOrderMarks begin files of editors and shells on Windows.
var byteOrderMarks = map[string]string{"\xef\xbb\xbf": "UTF-8", "\xff\xfe": "UTF-16", "\xfe\xff": "UTF-16"}

// checkEvent reports what is wrong with an event, for Lambda would refuse it.
func checkEvent(flag string, event []byte) ([]byte, error) {
	if len(event) > lambdaenv.MaxEvent {
		return nil, Usagef("%s: more than %d bytes, and Lambda takes no larger events", flag, lambdaenv.MaxEvent)
	}
	for mark, encoding := range byteOrderMarks {
		if bytes.HasPrefix(event, []byte(mark)) {
			return nil, Usagef("%s: not JSON: it begins with the byte order mark of %s; save it as UTF-8 without one",
				flag, encoding)
		}
	}
	if err := json.Unmarshal(event, new(any)); err != nil {
		return nil, Usagef("%s: not JSON: %v", flag, err)
	}
	return bytes.TrimSpace(event), nil
}
