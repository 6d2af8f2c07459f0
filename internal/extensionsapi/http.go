package extensionsapi

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// Limits on what is read of a response. Events have some hundred bytes.
const (
	maxHeader = 32 << 10
	maxBody   = 1 << 20
)

// An httpClient makes one HTTP/1.1 request at a time, over a connection that
// it keeps. There are no timeouts, proxies or redirects.
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
	const most = 512
	body := r.body
	if len(body) > most {
		body = body[:most]
	}
	return fmt.Errorf("unexpected status %s: %s", r.line, bytes.TrimSpace(body))
}

// do makes a request with the given pairs of header names and values. If a
// kept connection turns out to be closed it tries again on a new one.
func (c *httpClient) do(method, path, body string, header ...string) (*httpResponse, error) {
	var req bytes.Buffer
	fmt.Fprintf(&req, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, c.address)
	for i := 0; i < len(header); i += 2 {
		fmt.Fprintf(&req, "%s: %s\r\n", header[i], header[i+1])
	}
	if method != "GET" {
		fmt.Fprintf(&req, "Content-Length: %d\r\n", len(body))
	}
	fmt.Fprintf(&req, "\r\n%s", body)

	kept := c.conn != nil
	res, err := c.try(req.Bytes())
	if err != nil && kept && errors.Is(err, errNoResponse) {
		res, err = c.try(req.Bytes())
	}
	return res, err
}

// errNoResponse reports that a connection ended before a response began.
var errNoResponse = errors.New("the connection was closed without a response")

func (c *httpClient) try(request []byte) (*httpResponse, error) {
	if c.conn == nil {
		conn, err := net.Dial("tcp", c.address)
		if err != nil {
			return nil, err
		}
		c.conn, c.in = conn, bufio.NewReaderSize(conn, 2<<10)
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
		return nil, false, fmt.Errorf("%w: %w", errNoResponse, err)
	}
	if _, err := c.in.Peek(1); err != nil {
		return nil, false, fmt.Errorf("%w: %w", errNoResponse, err)
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
		return nil, false, fmt.Errorf("not an HTTP/1 response: %q", status)
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
				return nil, false, fmt.Errorf("bad Content-Length %q", value)
			}
		case "transfer-encoding":
			if !strings.EqualFold(value, "chunked") {
				return nil, false, fmt.Errorf("unknown Transfer-Encoding %q", value)
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
		return nil, false, fmt.Errorf("read the body of a response: %w", err)
	}
	return res, keep, nil
}

var errBodyTooLong = fmt.Errorf("more than %d bytes", maxBody)

// headerLine reads a line without its end, and takes it off the budget.
func headerLine(in *bufio.Reader, budget *int) (string, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		*budget -= len(part)
		if *budget < 0 {
			return "", fmt.Errorf("the header of a response has more than %d bytes", maxHeader)
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return strings.TrimRight(string(line), "\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", fmt.Errorf("read the header of a response: %w", noEOF(err))
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
			return nil, fmt.Errorf("bad chunk size %q", line)
		}
		if n == 0 {
			break
		}
		if body, err = readN(in, body, n); err != nil {
			return nil, err
		}
		if line, err = headerLine(in, budget); err != nil || line != "" {
			return nil, fmt.Errorf("a chunk does not end where it should: %q, %v", line, err)
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
