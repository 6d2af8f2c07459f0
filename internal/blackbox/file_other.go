//go:build !unix

package blackbox

import (
	"errors"
	"os"
)

var errNone = errors.New("no black box")

// open finds no file: Lambda runs Linux.
func open() ([]byte, *os.File, error) { return nil, nil, errNone }
