package lambdaenv_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// emulator is AWS's emulator. It has its extensions from
// /opt/extensions, so it gets a separate file system there, for which it needs
// root, Linux and mount(8).
type emulator struct {
	addresses
	front   string // address for callers
	begun   bool   // the first invocation has, which the scenario did not request yet
	answers chan []byte
}

func newRIE(t *testing.T, s scenario) *emulator {
	t.Helper()
	stub := lambdaenvtest.Build(t, "./testdata/stub")
	script := "set -e; mount -t tmpfs tmpfs /opt; mkdir /opt/extensions; "
	for _, name := range s.Extensions {
		script += "cp " + stub + " /opt/extensions/" + name + "; "
	}
	front, api := freeAddresses(t)
	ready := make(chan stubProcess, 1000)
	e := &emulator{addresses: newAddresses(t, ready), front: front, answers: make(chan []byte, 10)}
	script += strings.Join([]string{"exec", *rie, "--runtime-interface-emulator-address", e.front,
		"--runtime-api-address", api, stub}, " ")
	cmd := exec.Command("unshare", "--mount", "--kill-child", "sh", "-c", script)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"} // the clients print all of it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			log.WriteString(lines.Text() + "\n")
			if p, ok := parseReady(lines.Text()); ok {
				ready <- p
			}
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		out.Close()
		<-done
		cmd.Wait()
		if t.Failed() {
			t.Logf("the emulator's log:\n%s", log.String())
		}
	})
	for { // it does not say when it listens
		conn, err := net.Dial("tcp", e.front)
		if err == nil {
			conn.Close()
			break
		}
		time.Sleep(time.Millisecond)
	}
	// The first invocation makes it start the processes.
	payload := []byte("{}")
	for _, st := range s.Steps {
		if st.Invoke != nil {
			payload = raw(st.Invoke)
			break
		}
	}
	e.invoke(payload)
	e.begun = true
	return e
}

// freeAddresses are two that nobody listens at, by now.
func freeAddresses(t *testing.T) (front, api string) {
	t.Helper()
	var addresses [2]string
	for i := range addresses {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		addresses[i] = l.Addr().String()
	}
	return addresses[0], addresses[1]
}

func (e *emulator) expected(st step) *want {
	if st.RIE != nil {
		return st.RIE
	}
	return st.Want
}

func (e *emulator) invoke(payload []byte) {
	if e.begun {
		e.begun = false
		return
	}
	url := "http://" + e.front + "/2015-03-31/functions/function/invocations"
	go func() {
		res, err := http.Post(url, "application/json", bytes.NewReader(payload))
		if err != nil {
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		e.answers <- body
	}()
}

func (e *emulator) response() ([]byte, string) { return <-e.answers, "unknown" }
