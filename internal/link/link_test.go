package link_test

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/internal/link"
)

func TestWhatIsAppendedParses(t *testing.T) {
	const id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
	for _, want := range []link.Message{
		{Word: link.Busy, RequestID: id},
		{Word: link.Ask, RequestID: id},
		{Word: link.Done, RequestID: id},
		{Word: link.Done, RequestID: id, Hooks: 3 * time.Second},
		{Word: link.Done, RequestID: id, Hooks: 15 * time.Minute},
	} {
		line := want.Append(nil)
		if len(line) > link.MaxLine {
			t.Errorf("%q has %d bytes, more than MaxLine", line, len(line))
		}
		got, ok := link.Parse(line)
		if !ok || got != want {
			t.Errorf("Parse(%q): got %+v, %v, want %+v", line, got, ok, want)
		}
	}
}

func TestParseIgnoresWhatItDoesNotKnow(t *testing.T) {
	for _, line := range []string{
		"", "\n", " ", "done", "done ", "done id", "done id ", "done id x", "done id -1", "done id 1 2",
		"done id 18446744073709551615", "busy", "busy ", "busy id 1", "Done id 1", "hello", "GET / HTTP/1.1\r\n",
		link.Hello, "done  1", "ask", "ask id 1", "\x00\xff", strings.Repeat("x", 1<<16),
	} {
		if m, ok := link.Parse([]byte(line)); ok {
			t.Errorf("Parse(%q): got %+v, want it ignored", line, m)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("done 8476a536-e9f4-11e8-9739-2dfe598c3fcd 1234\n"))
	f.Add([]byte("busy x"))
	f.Fuzz(func(t *testing.T, line []byte) {
		m, ok := link.Parse(line)
		if !ok {
			return
		}
		if m.RequestID == "" || m.Hooks < 0 || m.Word != link.Done && m.Hooks != 0 {
			t.Errorf("Parse(%q): got %+v", line, m)
		}
	})
}

// Both sides read like this, whoever is at the other end.
func FuzzRead(f *testing.F) {
	f.Add([]byte("postinvoke/1\ndone a 1\nask b\n"))
	f.Add([]byte(strings.Repeat("x", link.MaxLine-1) + "\nbusy " + strings.Repeat("y", link.MaxLine)))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(stream), link.MaxLine)
		for {
			line, err := link.ReadLine(r)
			if len(line) > link.MaxLine {
				t.Fatalf("got a line of %d bytes, want at most %d", len(line), link.MaxLine)
			}
			if err != nil {
				return
			}
			m, ok := link.Parse(line)
			if !ok {
				continue
			}
			if again, ok := link.Parse(m.Append(nil)); !ok || again != m {
				t.Fatalf("%q is %+v, which is written and read again as %+v", line, m, again)
			}
		}
	})
}

func TestReadLineSkipsWhatIsTooLong(t *testing.T) {
	in := "one\n" + strings.Repeat("x", 3*link.MaxLine) + "\ntwo\n" + strings.Repeat("y", link.MaxLine)
	r := bufio.NewReaderSize(strings.NewReader(in), link.MaxLine)
	for _, want := range []string{"one\n", "", "two\n"} {
		got, err := link.ReadLine(r)
		if string(got) != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if _, err := link.ReadLine(r); err != io.EOF {
		t.Errorf("got %v at the end, want EOF", err)
	}
}

func TestAddress(t *testing.T) {
	tests := []struct{ port, want, err string }{
		{"", "127.0.0.1:1339", ""},
		{"4711", "127.0.0.1:4711", ""},
		{"0", "", `POSTINVOKE_PORT="0" is not a port number (1 to 65535)`},
		{"65536", "", `POSTINVOKE_PORT="65536" is not a port number (1 to 65535)`},
		{"127.0.0.1:1", "", `POSTINVOKE_PORT="127.0.0.1:1" is not a port number (1 to 65535)`},
	}
	for _, test := range tests {
		t.Setenv(link.PortVariable, test.port)
		got, err := link.Address()
		if got != test.want {
			t.Errorf("port %q: got %q, want %q", test.port, got, test.want)
		}
		if msg := errorText(err); msg != test.err {
			t.Errorf("port %q: got error %q, want %q", test.port, msg, test.err)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
