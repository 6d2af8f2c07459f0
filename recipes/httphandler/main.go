// Command httphandler is an ordinary http.Handler that registers hooks: for a
// function URL with InvokeMode RESPONSE_STREAM, and when it is started without
// Lambda for a server of net/http: curl -N http://127.0.0.1:8080/count
//
// In the server hooks start when the handler has returned, and those that still
// run when the process ends are lost. On Lambda a handler that panics ends the
// process at once, without its hooks, because lambdaurl calls it in a separate
// goroutine.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/lambdaurl"

	"example.com/postinvoke/postinvoke"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /count", count)
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		postinvoke.Start(lambdaurl.Wrap(logged(mux)), nil)
	}
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDRESS"), "127.0.0.1:8080"))
	if err != nil {
		log.Fatal(err)
	}
	log.Println("listening on", listener.Addr())
	log.Fatal(http.Serve(listener, withHooks(logged(mux))))
}

// count streams numbers.
func count(w http.ResponseWriter, _ *http.Request) {
	for i := range 3 {
		if _, err := fmt.Fprintln(w, i); err != nil {
			return // the caller is gone
		}
		// On Lambda nothing is buffered, and this returns http.ErrNotSupported.
		http.NewResponseController(w).Flush()
	}
	log.Println("wrote the last number")
}

// logged is middleware that registers a hook, for when the whole response is sent.
func logged(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		postinvoke.Run(r.Context(), func() { log.Println("sent", r.URL.Path) }, postinvoke.Name("access log"))
		h.ServeHTTP(w, r)
	})
}

// withHooks makes postinvoke.Run work in a server of net/http, which ends the
// context of a request when its handler has returned.
func withHooks(h http.Handler) http.Handler {
	type exchange struct {
		w http.ResponseWriter
		r *http.Request
	}
	wrapped := postinvoke.Wrap(func(ctx context.Context, e exchange) (struct{}, error) {
		h.ServeHTTP(e.w, e.r.WithContext(ctx))
		return struct{}{}, nil
	}, nil)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { wrapped(r.Context(), exchange{w, r}) })
}
