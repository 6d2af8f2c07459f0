// Command late is the layer's extension, EXTENSION, on a slow start.
package main

import (
	"os"
	"syscall"
	"time"
)

func main() {
	time.Sleep(time.Second)
	panic(syscall.Exec(os.Getenv("EXTENSION"), os.Args, os.Environ()))
}
