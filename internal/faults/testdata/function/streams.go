package main

import (
	"errors"
	"io"
)

// streams are responses of which something goes wrong half way.
var streams = map[string]func() io.Reader{
	"stream fails":  func() io.Reader { return &stream{then: func() error { return errors.New("the source has dried up") }} },
	"stream panics": func() io.Reader { return &stream{then: func() error { panic("the source is poisoned") }} },
	"stream hangs":  func() io.Reader { return &stream{then: func() error { select {} }} },
}

type stream struct {
	begun bool
	then  func() error
}

func (s *stream) Read(p []byte) (int, error) {
	if !s.begun {
		s.begun = true
		return copy(p, "<p>half of a"), nil
	}
	return 0, s.then()
}

func (*stream) MarshalJSON() ([]byte, error) { return nil, errors.New("a stream is not JSON") }
