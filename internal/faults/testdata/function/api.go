package main

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
)

// replaceAPI puts a server in this process in front of Lambda's APIs, which behaves
// like emulators:
//
//	path    AWS_LAMBDA_RUNTIME_API has a path
//	silent  a registration with the Extensions API is never answered
//	none    there is no Extensions API
//	remote  the address is not that of the loopback interface, and HTTP_PROXY is
//	        an address without a server
func replaceAPI(kind string) {
	if kind == "" {
		return
	}
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		panic(err)
	}
	lambdas := &url.URL{Scheme: "http", Host: os.Getenv("AWS_LAMBDA_RUNTIME_API")}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(lambdas)
		r.Out.URL.Path = strings.TrimPrefix(r.In.URL.Path, "/.rt/_")
	}}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		registers := strings.HasSuffix(r.URL.Path, "/extension/register")
		switch {
		case registers && kind == "silent":
			<-r.Context().Done()
		case registers && kind == "none":
			http.NotFound(w, r)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))

	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		panic(err)
	}
	address := "127.0.0.1:" + port
	switch kind {
	case "path":
		address += "/.rt/_"
	case "remote":
		address = "0.0.0.0:" + port // this machine, but Go's net/http does not know
		os.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	}
	os.Setenv("AWS_LAMBDA_RUNTIME_API", address)
}
