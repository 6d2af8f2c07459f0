package link_test

import (
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/internal/link"
)

func TestWhatIsAppendedParses(t *testing.T) {
	const id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
	for _, want := range []link.Message{
		{RequestID: id},
		{RequestID: id, Done: true},
		{RequestID: id, Done: true, Hooks: 3 * time.Second},
		{RequestID: id, Done: true, Hooks: 15 * time.Minute},
	} {
		line := link.AppendBusy(nil, want.RequestID)
		if want.Done {
			line = link.AppendDone(nil, want.RequestID, want.Hooks)
		}
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
		link.Hello, "done  1", "\x00\xff", strings.Repeat("x", 1<<16),
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
		if m.RequestID == "" || m.Hooks < 0 || !m.Done && m.Hooks != 0 {
			t.Errorf("Parse(%q): got %+v", line, m)
		}
	})
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
