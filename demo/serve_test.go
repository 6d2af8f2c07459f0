//go:build unix

package main

import (
	"fmt"
	"io"
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
	for _, at := range []string{"nothing yet", "second on stack", "frozen: nothing runs"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			event := `{"sleepMs":3600000}`
			if strings.HasPrefix(at, "frozen") {
				event = `{"sleepMs":1}`
			}
			p := demotest.Call{}.Start(t, "serve", "-port", "0", "-event", event, "-timeout", "15m")
			home := strings.TrimSpace(strings.TrimPrefix(p.Line(t), "The page is at "))
			if at != "nothing yet" {
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
			}
			p.Signal(t, syscall.SIGINT).Failed(t, 130, interrupted)
		})
	}
}

// The event of the example is for the example only.
func TestTheEventToBeginWith(t *testing.T) {
	for args, want := range map[string]string{
		"": `{"sleepMs":3000}`, "-event {}": "{}",
		"-function ../mine": "{}", `-function ../mine -event {"id":1}`: `{"id":1}`,
	} {
		o, err := parseServeOptions(strings.Fields(args), io.Discard)
		if err != nil || o.event != want {
			t.Errorf("serve %s: got %+v, %v; want the event %s", args, o, err, want)
		}
	}
}

func TestServeAtAPortThatIsTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	got := demotest.Run(t, "serve", "-port", fmt.Sprint(port))
	want := fmt.Sprintf("demo: port %d is taken; choose another one with -port, or -port 0 for any that is free\n",
		port)
	got.Failed(t, 1, want)
}
