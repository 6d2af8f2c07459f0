// Command slowstart runs the layer's extension, EXTENSION, a second late.
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
