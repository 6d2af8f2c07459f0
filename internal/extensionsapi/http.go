package extensionsapi

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"time"
)

// Limits on what is read of a response. Events have some hundred bytes.
const (
	maxHeader = 32 << 10
	maxBody   = 1 << 20
)

// An httpClient makes one HTTP/1.1 request at a time, over a connection that it
// keeps open. It uses no proxies and follows no redirects.
type httpClient struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
	body    []byte // of the last response
}

type httpResponse struct {
	status      int
	line        string // such as 403 Forbidden
	extensionID string
	body        []byte // until the next request
}

// unexpected returns an error that quotes the response.
func (r *httpResponse) unexpected() error {
	body := r.body[:min(len(r.body), maxQuoted)]
	return errors.New("unexpected status " + r.line + ": " + string(bytes.TrimSpace(body)))
}

// noDeadline is for a request that may take hours, while the process is frozen.
var noDeadline time.Time

// request returns a request with the given pairs of header names and values.
func (c *httpClient) request(method, path, body string, header ...string) []byte {
	r := method + " " + path + " HTTP/1.1\r\nHost: " + c.address + "\r\n"
	for i := 0; i < len(header); i += 2 {
		r += header[i] + ": " + header[i+1] + "\r\n"
	}
	if method != "GET" {
		r += "Content-Length: " + strconv.Itoa(len(body)) + "\r\n"
	}
	return []byte(r + "\r\n" + body)
}

// do makes a request. If the server has closed the kept connection, it tries again
// on a new one.
func (c *httpClient) do(deadline time.Time, request []byte) (httpResponse, error) {
	kept := c.conn != nil
	res, err := c.try(deadline, request)
	if err != nil && kept {
		var none *noResponseError
		if errors.As(err, &none) {
			res, err = c.try(deadline, request)
		}
	}
	return res, err
}

// A noResponseError means that the connection ended before a response began.
type noResponseError struct{ err error }

func (e *noResponseError) Error() string {
	return "the connection was closed without a response: " + e.err.Error()
}
func (e *noResponseError) Unwrap() error { return e.err }

func (c *httpClient) try(deadline time.Time, request []byte) (httpResponse, error) {
	if c.conn == nil {
		dialer := net.Dialer{Deadline: deadline}
		conn, err := dialer.Dial("tcp", c.address)
		if err != nil {
			return httpResponse{}, err
		}
		c.conn, c.in = conn, bufio.NewReaderSize(conn, 2<<10)
	}
	if err := c.conn.SetDeadline(deadline); err != nil {
		return httpResponse{}, err
	}
	res, keep, err := c.exchange(request)
	if err != nil || !keep {
		c.conn.Close()
		c.conn = nil
	}
	return res, err
}

func (c *httpClient) exchange(request []byte) (res httpResponse, keep bool, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return httpResponse{}, false, &noResponseError{err}
	}
	if _, err := c.in.Peek(1); err != nil {
		return httpResponse{}, false, &noResponseError{err}
	}
	for {
		res, keep, err = readResponse(c.in, c.body[:0])
		if err != nil || res.status >= 200 { // else interim, such as 100 Continue
			c.body = res.body
			return res, keep, err
		}
	}
}

// readResponse reads one response. It reuses the memory of body for the response's.
// keep means that the connection can be used again.
func readResponse(in *bufio.Reader, body []byte) (res httpResponse, keep bool, err error) {
	budget := maxHeader
	res, framing, err := readHeader(in, &budget)
	if err != nil {
		return httpResponse{}, false, err
	}
	keep = framing.keep
	switch {
	case res.status < 200 || res.status == 204 || res.status == 304: // has no body
	case framing.chunked:
		res.body, err = readChunks(in, &budget)
	case framing.length >= 0:
		res.body, err = readN(in, body, framing.length)
	default: // until the server closes
		keep = false
		res.body, err = io.ReadAll(io.LimitReader(in, maxBody+1))
		if len(res.body) > maxBody {
			err = errBodyTooLong
		}
	}
	if err != nil {
		return httpResponse{}, false, wrap("read the body of a response", err)
	}
	return res, keep, nil
}

// A framing is what the header has about the end of the body and the connection.
type framing struct {
	length  int64 // of the body; -1 if it is not in the header
	chunked bool
	keep    bool
}

// readHeader reads a response up to its body.
func readHeader(in *bufio.Reader, budget *int) (res httpResponse, f framing, err error) {
	line, err := headerLine(in, budget)
	if err != nil {
		return res, f, err
	}
	proto, rest, _ := bytes.Cut(line, []byte(" "))
	code, _, _ := bytes.Cut(rest, []byte(" "))
	res.status = statusCode(code)
	if res.status < 100 || !bytes.HasPrefix(proto, []byte("HTTP/1.")) {
		return res, f, errors.New("not an HTTP/1 response: " + quoted(line))
	}
	if res.status != 200 {
		res.line = string(rest)
	}
	f = framing{length: -1, keep: string(proto) == "HTTP/1.1"}
	for {
		line, err := headerLine(in, budget)
		if err != nil || len(line) == 0 {
			return res, f, err
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case is(name, "content-length"):
			f.length, err = strconv.ParseInt(string(value), 10, 64)
			if err != nil || f.length < 0 {
				return res, f, errors.New("bad Content-Length " + quoted(value))
			}
		case is(name, "transfer-encoding"):
			if !is(value, "chunked") {
				return res, f, errors.New("unknown Transfer-Encoding " + quoted(value))
			}
			f.chunked = true
		case is(name, "connection"):
			f.keep = f.keep && !is(value, "close")
		case is(name, "lambda-extension-identifier"):
			res.extensionID = string(value)
		}
	}
}

// statusCode returns a status of three digits, or zero.
func statusCode(code []byte) int {
	n := 0
	for _, c := range code {
		if c < '0' || c > '9' {
			return 0
		}
		n = 10*n + int(c-'0')
	}
	if len(code) != 3 {
		return 0
	}
	return n
}

// is reports whether b is the word, ignoring case.
func is(b []byte, word string) bool { return len(b) == len(word) && bytes.EqualFold(b, []byte(word)) }

var errBodyTooLong = errors.New("more than " + strconv.Itoa(maxBody) + " bytes")

// headerLine reads a line without its end, and subtracts its length from the budget.
// The line is valid until the next one is read.
func headerLine(in *bufio.Reader, budget *int) ([]byte, error) {
	var before []byte // parts of a line that is longer than the buffer
	for {
		part, err := in.ReadSlice('\n')
		*budget -= len(part)
		if *budget < 0 {
			return nil, errors.New("the header of a response has more than " + strconv.Itoa(maxHeader) + " bytes")
		}
		if err == nil && before == nil {
			return bytes.TrimRight(part, "\r\n"), nil
		}
		before = append(before, part...)
		switch {
		case err == nil:
			return bytes.TrimRight(before, "\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, wrap("read the header of a response", noEOF(err))
		}
	}
}

// readN appends n bytes to body.
func readN(in *bufio.Reader, body []byte, n int64) ([]byte, error) {
	if n > maxBody-int64(len(body)) {
		return nil, errBodyTooLong
	}
	before := len(body)
	body = append(body, make([]byte, n)...)
	_, err := io.ReadFull(in, body[before:])
	return body, noEOF(err)
}

// readChunks reads a chunked body and its trailer.
func readChunks(in *bufio.Reader, budget *int) (body []byte, err error) {
	for {
		line, err := headerLine(in, budget)
		if err != nil {
			return nil, err
		}
		size, _, _ := bytes.Cut(line, []byte(";")) // chunk extensions are ignored
		n, err := strconv.ParseInt(string(bytes.TrimSpace(size)), 16, 64)
		if err != nil || n < 0 {
			return nil, errors.New("bad chunk size " + quoted(line))
		}
		if n == 0 {
			break
		}
		if body, err = readN(in, body, n); err != nil {
			return nil, err
		}
		if line, err = headerLine(in, budget); err != nil {
			return nil, wrap("a chunk does not end where it should", err)
		}
		if len(line) > 0 {
			return nil, errors.New("a chunk does not end where it should: " + quoted(line))
		}
	}
	for { // the trailer
		line, err := headerLine(in, budget)
		if err != nil || len(line) == 0 {
			return body, err
		}
	}
}

// noEOF makes io.EOF within a response io.ErrUnexpectedEOF.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
