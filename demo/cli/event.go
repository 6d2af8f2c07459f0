package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"example.com/postinvoke/lambdaenv"
)

// ReadEvent returns the event that the flag -event means: JSON, a file, or "-" for
// standard input.
func ReadEvent(ctx context.Context, arg string, stdin io.Reader) ([]byte, error) {
	// A read from a keyboard or a pipe cannot be ended, and nothing was started yet.
	stop := context.AfterFunc(ctx, func() { os.Exit(interrupted) })
	defer stop()
	var event []byte
	var err error
	source := "-event " + arg
	switch {
	case arg == "-":
		event, err = io.ReadAll(stdin)
	case json.Valid([]byte(arg)), strings.IndexAny(arg, `{["`) == 0: // or meant to be JSON
		event, source = []byte(arg), "-event"
	default:
		event, err = os.ReadFile(arg)
	}
	event = bytes.TrimSpace(bytes.TrimPrefix(event, []byte("\xef\xbb\xbf"))) // which editors on Windows write
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, Usagef("-event %s: no such file, and not JSON either", arg)
	case err != nil:
		return nil, Usagef("-event: %v", err)
	case len(event) > lambdaenv.MaxEvent:
		return nil, Usagef("%s: more than %d bytes, and Lambda takes no larger events", source, lambdaenv.MaxEvent)
	}
	if err := json.Unmarshal(event, new(any)); err != nil {
		return nil, Usagef("%s: not JSON: %v", source, err)
	}
	return event, nil
}
