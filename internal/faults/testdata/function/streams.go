package main

import "errors"

// streams are what responses do halfway.
var streams = map[string]func() error{
	"stream fails":  func() error { return errors.New("the source has dried up") },
	"stream panics": func() error { panic("the source is poisoned") },
	"stream hangs":  func() error { select {} },
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
