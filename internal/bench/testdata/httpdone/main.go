// Command httpdone is an external extension made with net/http: it requests the
// next event when function overhttp has reported that the work is done.
package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"example.com/postinvoke/internal/bench"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv(bench.PortVariable))
	if err != nil {
		panic(err)
	}
	done := make(chan struct{}, 1)
	http.HandleFunc("POST /done", func(http.ResponseWriter, *http.Request) { done <- struct{}{} })
	go func() { panic(http.Serve(listener, nil)) }()

	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2020-01-01/extension"
	response := exchange("POST", api+"/register", `{"events":["INVOKE","SHUTDOWN"]}`,
		"Lambda-Extension-Name", filepath.Base(os.Args[0]))
	response.Body.Close()
	id := response.Header.Get("Lambda-Extension-Identifier")
	for {
		response := exchange("GET", api+"/event/next", "", "Lambda-Extension-Identifier", id)
		var event struct {
			EventType string `json:"eventType"`
		}
		err := json.NewDecoder(response.Body).Decode(&event)
		response.Body.Close()
		if err != nil {
			panic(err)
		}
		if event.EventType == "SHUTDOWN" {
			return
		}
		<-done
	}
}

// exchange makes a request with one header.
func exchange(method, url, body, key, value string) *http.Response {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	request.Header.Set(key, value)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	if response.StatusCode != http.StatusOK {
		panic(url + ": " + response.Status)
	}
	return response
}
