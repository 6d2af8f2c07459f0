// Command companion is somebody else's extension. It is done with an
// invocation at once, with COMPANION=slow after a while, and with
// COMPANION=stuck not at all the first time.
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
			fmt.Println("companion leaves")
			return
		}
		switch os.Getenv("COMPANION") {
		case "slow":
			time.Sleep(300 * time.Millisecond)
		case "stuck":
			getStuckOnce()
		}
		fmt.Println("companion is done")
	}
}

// getStuckOnce does so once in the environment: /tmp outlives a reset.
func getStuckOnce() {
	path := filepath.Join(os.TempDir(), "stuck")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		panic(err)
	}
	fmt.Println("companion is stuck")
	for {
		time.Sleep(time.Hour) // the Go runtime would take notice of a bare select
	}
}
