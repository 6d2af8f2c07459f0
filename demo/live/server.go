// Package live is a page on loopback with which one can play with a Lambda
// function: invoke it, let it idle, shut it down, crash it, and see what
// happens as it does.
package live

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"example.com/postinvoke/demo/report"
	"example.com/postinvoke/lambdaenv"
)

//go:embed page
var files embed.FS

var page = template.Must(template.ParseFS(files, "page/live.html"))

// Listen listens on loopback, at the port or, if that is 0, at any that is free.
func Listen(port int) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(port)))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %d is taken; choose another one with -port, or -port 0 for any that is free", port)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("port %d is not for everyone; choose one above 1023 with -port", port)
	}
	return l, err
}

// URL returns the address of the page.
func URL(l net.Listener) string { return "http://" + l.Addr().String() + "/" }

// Serve shows the page until ctx ends. When it returns, nothing is left of any
// environment.
func Serve(ctx context.Context, l net.Listener, cfg Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newSession(ctx, cfg)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	server := &http.Server{
		Handler:           guard(port, routes(s)),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // a browser that goes away is no news
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	var err error
	select {
	case <-ctx.Done():
		server.Close()
		<-served
	case err = <-served:
		cancel()
	}
	return errors.Join(err, s.close())
}

func routes(s *session) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// Whoever asked may have gone away.
		_ = page.Execute(w, struct {
			Event      string
			Overrun    string // an event for hooks that take longer than the function may
			Crash      string // an event for a hook that ends the process
			Layer, Has bool
			Log        template.HTML
			Most       int
		}{
			string(s.cfg.Event), s.overrun(), crash, s.cfg.Layer, len(s.cfg.Environment.Extensions) > 0,
			report.LogTable(), keptRows,
		})
	})
	for name, content := range map[string]string{
		"page.css": report.Style(), "live.css": file("live.css"), "chart.js": report.Script(), "live.js": file("live.js"),
	} {
		kind := "text/css; charset=utf-8"
		if strings.HasSuffix(name, ".js") {
			kind = "text/javascript; charset=utf-8"
		}
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			io.WriteString(w, content)
		})
	}
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("POST /invoke", answer(func(body []byte) error {
		if err := json.Unmarshal(body, new(any)); err != nil {
			return fmt.Errorf("the event is not JSON: %w", err)
		}
		return s.invoke(body)
	}))
	mux.HandleFunc("POST /shutdown", answer(func([]byte) error { return s.shutdown() }))
	mux.HandleFunc("POST /crash", answer(func([]byte) error { return s.crash() }))
	mux.HandleFunc("POST /layer", answer(func(body []byte) error {
		var on bool
		if err := json.Unmarshal(body, &on); err != nil {
			return errors.New("true or false is needed")
		}
		return s.switchLayer(on)
	}))
	mux.HandleFunc("POST /idle", answer(func(body []byte) error {
		var seconds int
		if err := json.Unmarshal(body, &seconds); err != nil || seconds < 0 {
			return errors.New("a number of seconds is needed")
		}
		s.setPatience(time.Duration(seconds) * time.Second)
		return nil
	}))
	return mux
}

func (s *session) overrun() string {
	return fmt.Sprintf(`{"sleepMs":%d}`, 2*s.cfg.Environment.Timeout.Milliseconds())
}

const crash = `{"crash":true,"sleepMs":1000}`

// answer makes a handler that says, if something cannot be done now, why not.
// That is an answer like another, or browsers would log an error.
func answer(do func(body []byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, lambdaenv.MaxEvent))
		if err == nil {
			err = do(body)
		}
		if err != nil {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			io.WriteString(w, sentence(err))
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// sentence makes one of an error.
func sentence(err error) string {
	words := err.Error()
	return strings.ToUpper(words[:1]) + words[1:] + "."
}

func file(name string) string {
	b, err := files.ReadFile("page/" + name)
	if err != nil {
		panic("live: " + err.Error()) // it is embedded
	}
	return string(b)
}
