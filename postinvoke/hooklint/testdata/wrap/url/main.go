// Command url starts http handlers.
package main

import (
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdaurl"

	"example.com/postinvoke/postinvoke"
)

func main() {
	lambdaurl.Start(http.HandlerFunc(rows))                             // want `the handler registers hooks and is not wrapped, so Run panics: start what lambdaurl.Wrap returns with postinvoke.Start`
	lambdaurl.Start(http.HandlerFunc(rows), lambda.WithUseNumber(true)) // want `start what lambdaurl.Wrap returns`
	lambda.Start(lambdaurl.Wrap(http.HandlerFunc(rows)))                // want `the handler registers hooks and is not wrapped`
}

func rows(w http.ResponseWriter, r *http.Request) {
	postinvoke.Run(r.Context(), func() { println(r.URL.Path) })
}
