package extensionsapi

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// Limits on what is read of a response. Events have some hundred bytes.
const (
	maxHeader = 32 << 10
	maxBody   = 1 << 20
)

// An httpClient makes one HTTP/1.1 request at a time, over a connection that
// it keeps. There are no proxies and no redirects.
type httpClient struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
}

type httpResponse struct {
	status      int
	line        string // such as 403 Forbidden
	extensionID string
	body        []byte
}

// unexpected returns an error that quotes the response.
func (r *httpResponse) unexpected() error {
	body := r.body[:min(len(r.body), maxQuoted)]
	return errors.New("unexpected status " + r.line + ": " + string(bytes.TrimSpace(body)))
}

// noDeadline is that of a request that may take hours, in which the process is
// frozen.
var noDeadline time.Time

// do makes a request with the given pairs of header names and values. If a
// kept connection turns out to be closed it tries again on a new one.
func (c *httpClient) do(deadline time.Time, method, path, body string, header ...string) (*httpResponse, error) {
	request := method + " " + path + " HTTP/1.1\r\nHost: " + c.address + "\r\n"
	for i := 0; i < len(header); i += 2 {
		request += header[i] + ": " + header[i+1] + "\r\n"
	}
	if method != "GET" {
		request += "Content-Length: " + strconv.Itoa(len(body)) + "\r\n"
	}
	request += "\r\n" + body

	kept := c.conn != nil
	res, err := c.try(deadline, []byte(request))
	var none *noResponseError
	if kept && errors.As(err, &none) {
		res, err = c.try(deadline, []byte(request))
	}
	return res, err
}

// A noResponseError reports that a connection ended before a response began.
type noResponseError struct{ err error }

func (e *noResponseError) Error() string {
	return "the connection was closed without a response: " + e.err.Error()
}
func (e *noResponseError) Unwrap() error { return e.err }

func (c *httpClient) try(deadline time.Time, request []byte) (*httpResponse, error) {
	if c.conn == nil {
		dialer := net.Dialer{Deadline: deadline}
		conn, err := dialer.Dial("tcp", c.address)
		if err != nil {
			return nil, err
		}
		c.conn, c.in = conn, bufio.NewReaderSize(conn, 2<<10)
	}
	if err := c.conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	res, keep, err := c.exchange(request)
	if err != nil || !keep {
		c.conn.Close()
		c.conn = nil
	}
	return res, err
}

func (c *httpClient) exchange(request []byte) (res *httpResponse, keep bool, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, false, &noResponseError{err}
	}
	if _, err := c.in.Peek(1); err != nil {
		return nil, false, &noResponseError{err}
	}
	for {
		res, keep, err = readResponse(c.in)
		if err != nil || res.status >= 200 { // else interim, such as 100 Continue
			return res, keep, err
		}
	}
}

// readResponse reads one response, and reports whether another can follow on
// the same connection.
func readResponse(in *bufio.Reader) (res *httpResponse, keep bool, err error) {
	budget := maxHeader
	status, err := headerLine(in, &budget)
	if err != nil {
		return nil, false, err
	}
	proto, rest, _ := strings.Cut(status, " ")
	code, _, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseUint(code, 10, 16)
	if err != nil || n < 100 || len(code) != 3 || !strings.HasPrefix(proto, "HTTP/1.") {
		return nil, false, errors.New("not an HTTP/1 response: " + quoted([]byte(status)))
	}
	res = &httpResponse{status: int(n), line: rest}
	keep = proto == "HTTP/1.1"
	length, chunked := int64(-1), false
	for {
		line, err := headerLine(in, &budget)
		if err != nil {
			return nil, false, err
		}
		if line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "content-length":
			length, err = strconv.ParseInt(value, 10, 64)
			if err != nil || length < 0 {
				return nil, false, errors.New("bad Content-Length " + quoted([]byte(value)))
			}
		case "transfer-encoding":
			if !strings.EqualFold(value, "chunked") {
				return nil, false, errors.New("unknown Transfer-Encoding " + quoted([]byte(value)))
			}
			chunked = true
		case "connection":
			keep = keep && !strings.EqualFold(value, "close")
		case "lambda-extension-identifier":
			res.extensionID = value
		}
	}
	switch {
	case res.status < 200 || res.status == 204 || res.status == 304:
	case chunked:
		res.body, err = readChunks(in, &budget)
	case length >= 0:
		res.body, err = readN(in, nil, length)
	default: // until the server closes
		keep = false
		res.body, err = io.ReadAll(io.LimitReader(in, maxBody+1))
		if len(res.body) > maxBody {
			err = errBodyTooLong
		}
	}
	if err != nil {
		return nil, false, wrap("read the body of a response", err)
	}
	return res, keep, nil
}

var errBodyTooLong = errors.New("more than " + strconv.Itoa(maxBody) + " bytes")

// headerLine reads a line without its end, and takes it off the budget.
func headerLine(in *bufio.Reader, budget *int) (string, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		*budget -= len(part)
		if *budget < 0 {
			return "", errors.New("the header of a response has more than " + strconv.Itoa(maxHeader) + " bytes")
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return strings.TrimRight(string(line), "\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", wrap("read the header of a response", noEOF(err))
		}
	}
}

// readN appends n bytes to body, without trusting n before they are there.
func readN(in *bufio.Reader, body []byte, n int64) ([]byte, error) {
	if n > maxBody-int64(len(body)) {
		return nil, errBodyTooLong
	}
	buf := bytes.NewBuffer(body)
	_, err := io.CopyN(buf, in, n)
	return buf.Bytes(), noEOF(err)
}

// readChunks reads a chunked body and its trailer.
func readChunks(in *bufio.Reader, budget *int) (body []byte, err error) {
	for {
		line, err := headerLine(in, budget)
		if err != nil {
			return nil, err
		}
		size, _, _ := strings.Cut(line, ";") // extensions mean nothing here
		n, err := strconv.ParseInt(strings.TrimSpace(size), 16, 64)
		if err != nil || n < 0 {
			return nil, errors.New("bad chunk size " + quoted([]byte(line)))
		}
		if n == 0 {
			break
		}
		if body, err = readN(in, body, n); err != nil {
			return nil, err
		}
		if line, err = headerLine(in, budget); err != nil {
			return nil, err
		}
		if line != "" {
			return nil, errors.New("a chunk does not end where it should: " + quoted([]byte(line)))
		}
	}
	for { // the trailer
		line, err := headerLine(in, budget)
		if err != nil || line == "" {
			return body, err
		}
	}
}

// noEOF makes an end of input that comes too early an error of its own.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
