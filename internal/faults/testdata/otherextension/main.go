// Command otherextension is an extension beside the layer's. It requests the next
// event at once, with OTHER=slow after a while, and with OTHER=stuck the first time
// not at all.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"example.com/postinvoke/internal/extensionsapi"
)

func main() {
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
			fmt.Println("other extension exits")
			return
		}
		switch os.Getenv("OTHER") {
		case "slow":
			time.Sleep(300 * time.Millisecond)
		case "stuck":
			blockOnce()
		}
		fmt.Println("other extension is done")
	}
}

// blockOnce blocks once in the environment: /tmp outlives a reset.
func blockOnce() {
	path := filepath.Join(os.TempDir(), "stuck")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		panic(err)
	}
	fmt.Println("other extension is stuck")
	for {
		time.Sleep(time.Hour) // the Go runtime reports a bare select as a deadlock
	}
}
