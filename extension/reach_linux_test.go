package main_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// inUse starts a function with the layer, invokes it with an event, and returns
// the environment, frozen, and the process id of the extension.
func inUse(t *testing.T, event string) (env *lambdaenvtest.Env, pid int) {
	t.Helper()
	env = lambdaenvtest.Start(t, lambdaenv.Config{
		Function:   lambdaenvtest.Build(t, "postinvoke/testdata/scenarios"),
		Extensions: []string{lambdaenvtest.Build(t, "extension")},
	})
	for range 3 {
		env.Invoke(event)
		env.WaitIdle()
	}
	for _, p := range env.Processes() {
		if p.Name == "extension" {
			return env, p.Pid
		}
	}
	t.Fatal("no extension runs")
	return nil, 0
}

// The extension has its standard streams, the connection to the Extensions API,
// and the black box, whose name is gone. Nothing else: no port, no other file,
// and no address but the loopback one.
func TestTheExtensionOpensNothingElse(t *testing.T) {
	_, pid := inUse(t, `{"do":"order"}`)
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	fds, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	sockets := connections(t, pid)
	var boxes, connected int
	for _, fd := range fds {
		target, err := os.Readlink(filepath.Join(folder, fd.Name()))
		if err != nil {
			t.Fatal(err)
		}
		const established = "01"
		switch {
		case slices.Contains([]string{"0", "1", "2"}, fd.Name()), inherited(fd.Name(), target):
		case strings.HasPrefix(target, "anon_inode:[event"), strings.HasPrefix(target, "/sys/fs/cgroup/"): // the Go runtime's
		case strings.HasSuffix(target, "/postinvoke-blackbox (deleted)"):
			boxes++
		case sockets[target].state == established && sockets[target].loopback:
			connected++
		default:
			t.Errorf("descriptor %s is %s %v", fd.Name(), target, sockets[target])
		}
	}
	if boxes != 1 || connected != 1 {
		t.Errorf("got %d black boxes and %d connections, want 1 and 1", boxes, connected)
	}
}

// inherited reports whether this process has the same descriptor, from its parent.
func inherited(fd, target string) bool {
	ours, err := os.Readlink("/proc/self/fd/" + fd)
	return err == nil && ours == target && !strings.HasPrefix(target, "socket:")
}

type socket struct {
	local, state string // as /proc has them
	loopback     bool
}

// connections returns the TCP sockets in the process's network namespace, by
// the name that their descriptors have.
func connections(t *testing.T, pid int) map[string]socket {
	t.Helper()
	found := map[string]socket{}
	for _, table := range []string{"tcp", "tcp6"} {
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil && table == "tcp" {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			f := strings.Fields(line) // sl local_address rem_address st … inode
			if len(f) < 10 || f[0] == "sl" {
				continue
			}
			found["socket:["+f[9]+"]"] = socket{f[1], f[3], strings.HasPrefix(f[1], loopbackInProc)}
		}
	}
	return found
}

// loopbackInProc is 127.0.0.1 in hexadecimal, its bytes in the machine's order.
var loopbackInProc = func() string {
	ip := net.IPv4(127, 0, 0, 1).To4()
	return fmt.Sprintf("%02X%02X%02X%02X:", ip[3], ip[2], ip[1], ip[0])
}()

// Neither events nor responses ever get into the extension's memory.
func TestTheExtensionNeverSeesThePayload(t *testing.T) {
	const secret = "correct horse battery staple"
	_, pid := inUse(t, `{"do":"order","secret":"`+secret+`"}`)
	const own = "/2020-01-01/extension/event/next"
	if !memoryHas(t, pid, own) {
		t.Fatalf("its memory has not even %s: the test does not look where it should", own)
	}
	if memoryHas(t, pid, secret) {
		t.Error("its memory has the event's payload")
	}
}

// memoryHas looks for text in the writable memory of a process, a child of
// this one.
func memoryHas(t *testing.T, pid int, text string) bool {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		var mode string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if !strings.HasPrefix(mode, "rw") {
			continue
		}
		content := make([]byte, to-from)
		n, _ := memory.ReadAt(content, int64(from)) // parts of it may not be readable
		if bytes.Contains(content[:n], []byte(text)) {
			return true
		}
	}
	return false
}
