package lambdaenv_test

import (
	"encoding/json"
	"net"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// function is the executable that does what its event says.
func function(t testing.TB) string { return lambdaenvtest.Build(t, "./testdata/function") }

// extension returns an executable of that name, which does what the variable of
// that name says: see script.
func extension(t testing.TB, name string) string {
	t.Helper()
	return lambdaenvtest.Named(t, lambdaenvtest.Build(t, "./testdata/extension"), name)
}

// script is what an extension does; the fields are those of testdata/extension.
type script struct {
	Name     string `json:",omitempty"`
	Events   []string
	Init     string
	Ready    string
	Invoke   string
	Shutdown string
}

// variable makes the extension of that name follow the script.
func (s script) variable(name string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return name + "=" + string(b)
}

var both = []string{"INVOKE", "SHUTDOWN"}

// withExtension is a configuration with the function, and an extension called ext.
func withExtension(t testing.TB, s script) lambdaenv.Config {
	t.Helper()
	return lambdaenv.Config{
		Function:   function(t),
		Extensions: []string{extension(t, "ext")},
		Env:        []string{s.variable("ext")},
	}
}

// A gate is something that processes wait at until the test opens it.
type gate struct {
	net.Listener
	t       testing.TB
	waiting chan net.Conn
}

func newGate(t testing.TB) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	g := &gate{l, t, make(chan net.Conn, 100)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			g.waiting <- conn
		}
	}()
	return g
}

func (g *gate) String() string { return g.Addr().String() }

// next returns when another process waits at the gate, with what lets it continue.
func (g *gate) next() (open func()) {
	conn := <-g.waiting
	return func() { conn.Close() }
}

// hold returns when another process waits at the gate, with a function that returns
// when it is dead, as only then its connection closes.
func (g *gate) hold() (gone func()) {
	conn := <-g.waiting
	return func() {
		if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
			g.t.Errorf("got %d bytes and %v from a process that should have died", n, err)
		}
	}
}

// event makes the function do something.
type event map[string]any

func (e event) String() string {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// sequence returns the kinds of the entries in order, with the lines among them
// that contain one of the words; consecutive equal ones are merged.
func sequence(entries []lambdaenv.Entry, words ...string) []string {
	var kinds []string
	for _, e := range entries {
		text := string(e.Kind)
		if e.Kind == lambdaenv.Line {
			i := slices.IndexFunc(words, func(w string) bool { return strings.Contains(e.Text, w) })
			if i < 0 {
				continue
			}
			text = e.Text
		}
		if len(kinds) == 0 || kinds[len(kinds)-1] != text {
			kinds = append(kinds, text)
		}
	}
	return kinds
}

// after returns the entries behind the first of that kind.
func after(entries []lambdaenv.Entry, kind lambdaenv.Kind) []lambdaenv.Entry {
	i := slices.IndexFunc(entries, func(e lambdaenv.Entry) bool { return e.Kind == kind })
	return entries[i+1:]
}

func wantSequence(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got sequence\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func hasLine(lines []string, text string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, text) })
}
