package main

import (
	"encoding/json"
	"errors"
	"time"
)

// An event has what to do.
type event struct {
	Do string `json:"do"`
}

// UnmarshalJSON is what aws-lambda-go calls before the handler.
func (e *event) UnmarshalJSON(content []byte) error {
	type plain event
	if err := json.Unmarshal(content, (*plain)(e)); err != nil {
		return err
	}
	switch e.Do {
	case "decode slowly":
		for began := time.Now(); time.Since(began) < 2500*time.Millisecond; { // longer than an idle function is given
			if err := json.Unmarshal(content, (*plain)(e)); err != nil {
				return err
			}
		}
	case "decode not at all":
		return errors.New("not an event")
	}
	return nil
}
