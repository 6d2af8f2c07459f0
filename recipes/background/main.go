// Command background has one way to do something after the response that works
// on Lambda, in tests and in a server, for code that all of them share. Started
// without Lambda it is a server: curl 'http://127.0.0.1:8080/?name=Ada'
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"example.com/postinvoke/postinvoke"
)

// background calls f after the response if ctx belongs to a handler that
// postinvoke has wrapped, as on Lambda and in tests with postinvoketest.
// Otherwise it calls f now, in a goroutine. What is lost: on Lambda what Run
// loses, and elsewhere what still runs when the process is killed.
func background(ctx context.Context, f func(context.Context) error) {
	if postinvoke.Enabled(ctx) {
		postinvoke.RunContext(ctx, f)
		return
	}
	running.Go(func() {
		// The request's context ends with the response. This one has its values.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := f(ctx); err != nil {
			log.Println("background:", err)
		}
	})
}

// running counts the goroutines of background. Wait for it before the process
// ends, and in a test that does without postinvoketest.
var running sync.WaitGroup

func greet(ctx context.Context, name string) (string, error) {
	background(ctx, func(context.Context) error { return fmt.Errorf("the greeting of %s was not saved", name) })
	return "hello " + name, nil
}

func main() {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		postinvoke.Start(greet, nil)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		greeting, _ := greet(r.Context(), r.FormValue("name"))
		fmt.Fprint(w, greeting)
	})}
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDRESS"), "127.0.0.1:8080"))
	if err != nil {
		log.Fatal(err)
	}
	log.Println("listening on", listener.Addr())
	go server.Serve(listener)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	<-ctx.Done()
	server.Shutdown(context.Background()) // when it returns no handler calls background any more
	running.Wait()
}
