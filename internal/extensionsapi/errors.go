package extensionsapi

import "strconv"

// maxQuoted limits how much of a response is quoted in an error.
const maxQuoted = 512

// A wrappedError is what fmt.Errorf with %w would return. Package fmt would add
// 0.17 MB to the extension.
type wrappedError struct {
	what string
	err  error
}

// wrap returns an error with the operation that failed, and the cause.
func wrap(what string, err error) error { return &wrappedError{what, err} }

func (e *wrappedError) Error() string { return e.what + ": " + e.err.Error() }
func (e *wrappedError) Unwrap() error { return e.err }

// quoted returns the beginning of b as a Go string literal.
func quoted(b []byte) string { return strconv.Quote(string(b[:min(len(b), maxQuoted)])) }
