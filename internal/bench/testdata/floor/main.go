// Command floor is an external extension that does nothing, built like ours: it
// shows what any extension costs.
package main

import (
	"os"
	"path/filepath"
	"runtime"
	"time"

	"example.com/postinvoke/internal/extensionsapi"
)

func main() {
	runtime.GOMAXPROCS(1) // as ours
	api := extensionsapi.New(os.Getenv("AWS_LAMBDA_RUNTIME_API"), filepath.Base(os.Args[0]))
	if err := api.Register(time.Minute, "INVOKE", "SHUTDOWN"); err != nil {
		panic(err)
	}
	for {
		event, err := api.Next()
		if err != nil {
			panic(err)
		}
		if event.Type == "SHUTDOWN" {
			return
		}
	}
}
