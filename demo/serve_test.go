//go:build unix

package main

import (
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"example.com/postinvoke/demo/demotest"
)

// Ctrl-C ends the page and all processes, in any state.
func TestServe(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"second on stack", "frozen: nothing runs"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			event := `{"sleepMs":3600000}`
			if strings.HasPrefix(at, "frozen") {
				event = `{"sleepMs":1}`
			}
			p := demotest.Start(t, demotest.Command(t, "serve", "-port", "0", "-event", event, "-timeout", "15m"))
			home := strings.TrimSpace(strings.TrimPrefix(p.See(t, "The page is at "), "The page is at "))
			events, err := http.Get(home + "events")
			if err != nil {
				t.Fatal(err)
			}
			defer events.Body.Close()
			res, err := http.Post(home+"invoke", "application/json", strings.NewReader(event))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			seen := ""
			for b := make([]byte, 4096); !strings.Contains(seen, at); {
				n, err := events.Body.Read(b)
				if err != nil {
					t.Fatal(err)
				}
				seen += string(b[:n])
			}
			p.Signal(t, syscall.SIGINT).Failed(t, 130, interrupted)
		})
	}
}

func TestServeAtAPortThatIsTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	demotest.Run(t, "serve", "-port", port).Failed(t, 1, "demo: listen tcp "+l.Addr().String()+": bind: address "+
		"already in use; choose another port with -port, or -port 0 for any that is free\n")
}
