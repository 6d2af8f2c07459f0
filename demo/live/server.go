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
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
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
	if err != nil {
		return nil, fmt.Errorf("%w; choose another port with -port, or -port 0 for any that is free", err)
	}
	return l, nil
}

// URL returns the address of the page.
func URL(l net.Listener) string { return "http://" + l.Addr().String() + "/" }

// Serve shows the page until ctx ends. When it returns, nothing is left of any
// environment.
func Serve(ctx context.Context, l net.Listener, cfg Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newSession(ctx, cfg)
	server := &http.Server{
		Handler:           guard(routes(s)),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	context.AfterFunc(ctx, func() { server.Close() })
	err := server.Serve(l)
	cancel()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
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
	mux.HandleFunc("POST /invoke", answer(s, func(event json.RawMessage) error { return s.invoke(event) }))
	mux.HandleFunc("POST /shutdown", answer(s, func(any) error { return s.shutdown() }))
	mux.HandleFunc("POST /crash", answer(s, func(any) error { return s.crash() }))
	mux.HandleFunc("POST /layer", answer(s, s.switchLayer))
	mux.HandleFunc("POST /idle", answer(s, s.setIdleTimeout))
	return mux
}

// crash is an event of the example for a hook that ends the process.
const crash = `{"crash":true,"sleepMs":1000}`

// page is the page without what happens.
func (s *session) page() string {
	// An event of the example for hooks that take longer than the function may.
	overrun := fmt.Sprintf(`{"sleepMs":%d}`, 2*s.cfg.Environment.Timeout.Milliseconds())
	var b strings.Builder
	err := page.Execute(&b, struct {
		Config
		Event, Overrun, Crash string
		Log                   template.HTML
		Most                  int
	}{s.cfg, string(s.cfg.Event), overrun, crash, report.LogTable(), keptRows})
	if err != nil {
		panic("live: " + err.Error()) // the template fits the data
	}
	return b.String()
}

// answer makes a handler that does something in the session with the JSON of a request,
// or responds why that cannot be done now. The status is no error then: browsers would
// log it.
func answer[T any](s *session, do func(T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var value T
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, lambdaenv.MaxEvent))
		if err != nil {
			err = fmt.Errorf("more than %d bytes, and Lambda takes no larger events", lambdaenv.MaxEvent)
		} else if err = json.Unmarshal(body, &value); err != nil {
			err = fmt.Errorf("not valid JSON: %w", err)
		} else {
			s.mu.Lock()
			err = do(value)
			s.mu.Unlock()
		}
		if err == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		words := err.Error()
		io.WriteString(w, strings.ToUpper(words[:1])+words[1:]+".")
	}
}

func file(name string) string {
	b, err := files.ReadFile("page/" + name)
	if err != nil {
		panic("live: " + err.Error()) // it is embedded
	}
	return string(b)
}

// guard passes requests of the page itself, and of users who open it. Other pages
// in the same browser reach loopback as well: their requests that do something name
// another origin, responses are not for them to read or embed, and if their name
// was made to lead here (DNS rebinding), requests name another host.
func guard(next http.Handler) http.Handler {
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("X-Frame-Options", "DENY")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		w.Header().Set("Cache-Control", "no-store")
		if host := (&url.URL{Host: r.Host}).Hostname(); host != "127.0.0.1" && host != "localhost" {
			http.Error(w, "this page is at 127.0.0.1 only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// policy: nothing from elsewhere, and nothing of this elsewhere. The chart has
// its width in a style attribute.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; " +
	"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
