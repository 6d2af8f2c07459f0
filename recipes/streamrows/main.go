// Command streamrows streams its response through a function URL whose invoke
// mode is RESPONSE_STREAM, and runs a hook when all of it has been sent.
package main

import (
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/lambdaurl"

	"example.com/postinvoke/postinvoke"
)

func main() {
	postinvoke.Start(lambdaurl.Wrap(http.HandlerFunc(rows)), nil)
}

// Rows writes while aws-lambda-go sends. Hooks wait for the end of the stream,
// not for its beginning, so you can register them up to the last line. A panic in
// here ends the process at once, without its hooks, because lambdaurl calls the
// handler in a separate goroutine.
func rows(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/csv")
	const n = 1000
	for i := range n {
		if _, err := fmt.Fprintf(w, "%d,%d\n", i, i*i); err != nil {
			return // sending has failed
		}
	}
	fmt.Println("wrote the last row")
	postinvoke.Run(r.Context(), func() {
		fmt.Println("sent", n, "rows")
	})
}
