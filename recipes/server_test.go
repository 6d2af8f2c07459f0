package recipes_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv/lambdaenvtest"
	"example.com/postinvoke/record"
)

// A plainServer is a recipe that runs without Lambda.
type plainServer struct {
	*exec.Cmd
	t       *testing.T
	address string
	log     *bufio.Scanner
}

func startServer(t *testing.T, recipe string) *plainServer {
	t.Helper()
	s := &plainServer{Cmd: exec.Command(lambdaenvtest.Build(t, recipe)), t: t}
	s.Env = append(os.Environ(), "ADDRESS=127.0.0.1:0")
	log, err := s.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Process.Kill() })
	s.log = bufio.NewScanner(log)
	s.address = s.awaitLine("listening on ")
	return s
}

// awaitLine returns what follows a text in the first line with it.
func (s *plainServer) awaitLine(text string) string {
	s.t.Helper()
	for s.log.Scan() {
		if _, after, ok := strings.Cut(s.log.Text(), text); ok {
			return after
		}
	}
	s.t.Fatalf("the server's log ends without %q: %v", text, s.log.Err())
	return ""
}

func (s *plainServer) get(path string) string {
	s.t.Helper()
	response, err := http.Get("http://" + s.address + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body)
}

func TestBackgroundWorkRunsOnLambdaAndInAServer(t *testing.T) {
	env := start(t, "background")
	response := env.Invoke(`"Ada"`)
	env.WaitIdle()
	wantResponse(t, response, `"hello Ada"`)
	wantRecord(t, env, record.HookFailed, map[string]any{record.Error: "the greeting of Ada was not saved"})

	server := startServer(t, "background")
	if got := server.get("/?name=Grace"); got != "hello Grace" {
		t.Errorf("got %q", got)
	}
	server.Process.Signal(os.Interrupt)
	server.awaitLine("background: the greeting of Grace was not saved")
	if err := server.Wait(); err != nil {
		t.Errorf("got %v, want the server to end", err)
	}
}

func TestAnHTTPHandlerHasHooksOnLambdaAndInAServer(t *testing.T) {
	env := start(t, "httphandler")
	response := env.Invoke(event(t, "httphandler/event.json"))
	env.WaitIdle()
	if got := string(response.Payload); !strings.HasSuffix(got, "\x000\n1\n2\n") {
		t.Errorf("got %q, want three numbers", got)
	}
	wantRecord(t, env, record.Hooks, map[string]any{record.HookCount: 1.0, record.Failures: 0.0})
	var order []string
	for _, entry := range env.Entries() {
		for _, what := range []string{"wrote the last number", "sent /count"} {
			if strings.HasSuffix(entry.Text, what) {
				order = append(order, what)
			}
		}
		if entry.Kind == "responded" {
			order = append(order, "responded")
		}
	}
	if got, want := strings.Join(order, ", "), "wrote the last number, responded, sent /count"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}

	server := startServer(t, "httphandler")
	if got := server.get("/count"); got != "0\n1\n2\n" {
		t.Errorf("got %q, want three numbers", got)
	}
	server.awaitLine("wrote the last number")
	server.awaitLine("sent /count")
}
