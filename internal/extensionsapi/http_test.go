package extensionsapi

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestReadResponse(t *testing.T) {
	tests := []struct {
		name, in, body string
		keep           bool
	}{
		{"Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", true},
		{"names in lower case, values padded", "HTTP/1.1 200 OK\r\ncontent-length:   5  \r\n\r\nhello", "hello", true},
		{"an empty body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: " +
			"chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", "hello", true},
		{"chunked with a trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX: " +
			"y\r\n\r\n", "0123456789", true},
		{"neither", "HTTP/1.1 200 OK\r\n\r\nhello", "hello", false},
		{"to be closed", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", "hello", false},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", false},
		{"no body by definition", "HTTP/1.1 204 No Content\r\n\r\n", "", true},
		{"no reason", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", "hello", true},
		{"bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "hello", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			res, keep, err := readResponse(bufio.NewReader(strings.NewReader(test.in)), nil)
			if err != nil {
				t.Fatal(err)
			}
			if string(res.body) != test.body || keep != test.keep {
				t.Errorf("got body %q, keep %v, want %q, %v", res.body, keep, test.body, test.keep)
			}
		})
	}
}

func TestReadResponseSaysWhatIsWrong(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"not HTTP", "SSH-2.0-OpenSSH\r\n", `not an HTTP/1 response: "SSH-2.0-OpenSSH"`},
		{"cut off in the header", "HTTP/1.1 200 OK\r\nContent-Le", "header of a response: unexpected EOF"},
		{"cut off in the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "body of a response: unexpected EOF"},
		{"cut off in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "body of a response: " +
			"unexpected EOF"},
		{"a chunk longer than it says", "HTTP/1.1 200 OK\r\nTransfer-Encoding: " +
			"chunked\r\n\r\n1\r\nhel", "a chunk does not end where it should"},
		{"a chunk of negative size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "bad chunk size"},
		{"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "bad Content-Length"},
		{"a huge length", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", "more than 1048576 bytes"},
		{"huge chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: " +
			"chunked\r\n\r\n7fffffffffffffff\r\n", "more than 1048576 bytes"},
		{"an endless body", "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1<<21), "more than 1048576 bytes"},
		{"an endless header", "HTTP/1.1 200 OK\r\n" + strings.Repeat("x", 1<<20), "more than 32768 bytes"},
		{"an unknown encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", `unknown Transfer-Encoding "gzip"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := readResponse(bufio.NewReader(strings.NewReader(test.in)), nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}

// The response before the one that counts, a kept connection, and one that the
// server has closed in the meantime.
func TestHTTPClientKeepsAndRenewsItsConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	answers := [][]string{ // by connection
		{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 200 " +
			"OK\r\nContent-Length: 1\r\n\r\nb"},
		{"HTTP/1.1 200 OK\r\n\r\nc"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nd"},
	}
	go func() {
		for _, answers := range answers {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			requests := bufio.NewReader(conn)
			for _, answer := range answers {
				if _, err := http.ReadRequest(requests); err != nil {
					t.Error(err)
				}
				io.WriteString(conn, answer)
			}
			conn.Close()
		}
	}()

	client := httpClient{address: listener.Addr().String()}
	for _, want := range []string{"a", "b", "c", "d"} {
		res, err := client.do(noDeadline, client.request("GET", "/", ""))
		if err != nil {
			t.Fatalf("want response %q, got error: %v", want, err)
		}
		if string(res.body) != want {
			t.Errorf("got %q, want %q", res.body, want)
		}
	}
}

func TestHTTPClientReportsARefusedConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	client := httpClient{address: listener.Addr().String()}
	if _, err := client.do(noDeadline, client.request("GET", "/", "")); err == nil || !strings.Contains(err.Error(),
		"connection refused") {
		t.Errorf("got error %v, want connection refused", err)
	}
}

// Where net/http accepts what readResponse does, it reads the same body.
func FuzzReadResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nX: y\r\n\r\n"))
	f.Add([]byte("HTTP/1.0 403 Forbidden\r\nConnection: close\r\n\r\n{}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		res, _, err := readResponse(bufio.NewReader(bytes.NewReader(in)), nil)
		if err != nil {
			return
		}
		if len(res.body) > maxBody {
			t.Errorf("a body of %d bytes was read", len(res.body))
		}
		std, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(in)), nil)
		if err != nil || !std.ProtoAtLeast(1, 1) {
			return // net/http is stricter about names of headers and the like
		}
		body, err := io.ReadAll(std.Body)
		if err == nil && std.StatusCode == res.status && !bytes.Equal(body, res.body) {
			t.Errorf("got body %q, net/http has %q", res.body, body)
		}
	})
}
