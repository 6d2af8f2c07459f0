// Package live serves a page on loopback on which you invoke a Lambda function,
// let it idle, shut it down and crash it, and see what happens while it does.
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
	"mime"
	"net"
	"net/http"
	"path"
	"slices"
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
		ErrorLog:          log.New(io.Discard, "", 0), // a browser that goes away is no error
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
	for name, content := range map[string]string{
		"{$}": s.page(), "page.css": report.Style(), "live.css": file("live.css"),
		"chart.js": report.Script(), "live.js": file("live.js"),
	} {
		kind := map[string]string{".css": "text/css", ".js": "text/javascript", "": "text/html"}[path.Ext(name)]
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind+"; charset=utf-8")
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
		s.setIdleTimeout(time.Duration(seconds) * time.Second)
		return nil
	}))
	return mux
}

// page is the page without what happens.
func (s *session) page() string {
	var b strings.Builder
	err := page.Execute(&b, struct {
		Config
		Event, Overrun, Crash string
		HasLayer              bool
		Log                   template.HTML
		Most                  int
	}{
		s.cfg, string(s.cfg.Event), s.overrun(), crash,
		len(s.cfg.Environment.Extensions) > 0, report.LogTable(), keptRows,
	})
	if err != nil {
		panic("live: " + err.Error()) // the template fits the data
	}
	return b.String()
}

// overrun is an event of the example for hooks that take longer than the
// function may.
func (s *session) overrun() string {
	return fmt.Sprintf(`{"sleepMs":%d}`, 2*s.cfg.Environment.Timeout.Milliseconds())
}

// crash is an event of the example for a hook that ends the process.
const crash = `{"crash":true,"sleepMs":1000}`

// answer makes a handler that does something, or responds why that cannot be done
// now. The status is no error then: browsers would log it.
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

// guard passes requests of the page itself, and of users who open it. Other pages
// in the same browser reach loopback as well: their requests name another origin
// or, if their name was made to lead here (DNS rebinding), another host.
func guard(port string, next http.Handler) http.Handler {
	hosts := []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("localhost", port)}
	if port == "80" { // browsers leave it out
		hosts = append(hosts, "127.0.0.1", "localhost")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("X-Frame-Options", "DENY")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		w.Header().Set("Cache-Control", "no-store")
		switch {
		case !slices.Contains(hosts, r.Host):
			http.Error(w, "this page is at http://"+hosts[0]+"/ only", http.StatusForbidden)
		case isForeign(r):
			http.Error(w, "this page takes no requests from others", http.StatusForbidden)
		case r.Method == http.MethodPost && !isJSON(r):
			http.Error(w, "the body must be application/json", http.StatusUnsupportedMediaType)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// policy: nothing from elsewhere, and nothing of this elsewhere. The chart has
// its width in a style attribute.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; " +
	"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// isForeign reports whether another page makes the request, according to the browser.
// A link to the page is fine.
func isForeign(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
		return true
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	link := r.Method == http.MethodGet && r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") == "navigate"
	return !link
}

// isJSON: no page can send JSON elsewhere without being allowed to first.
func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}
