// Command url starts http handlers.
package main

import (
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdaurl"

	"example.com/postinvoke/postinvoke"
)

func main() {
	lambdaurl.Start(http.HandlerFunc(rows))              // want `the handler registers hooks and is not wrapped`
	lambda.Start(lambdaurl.Wrap(http.HandlerFunc(rows))) // want `the handler registers hooks and is not wrapped`

	// The rest is right.
	lambda.Start(postinvoke.Wrap(lambdaurl.Wrap(http.HandlerFunc(rows)), nil))
	mux := http.NewServeMux()
	mux.HandleFunc("/", rows)
	lambdaurl.Start(mux)
}

func rows(w http.ResponseWriter, r *http.Request) {
	postinvoke.Run(r.Context(), func() { println(r.URL.Path) })
}
