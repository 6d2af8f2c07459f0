package main

import (
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdaurl"

	"example.com/postinvoke/postinvoke"
)

func startURL() {
	lambda.Start(postinvoke.Wrap(lambdaurl.Wrap(http.HandlerFunc(rows)), nil))
	mux := http.NewServeMux()
	mux.HandleFunc("/", rows)
	lambdaurl.Start(mux)
}

func rows(w http.ResponseWriter, r *http.Request) {
	postinvoke.Run(r.Context(), func() { println(r.URL.Path) })
}
