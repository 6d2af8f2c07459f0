// Command stub prints its environment, LINES lines, and then
// does nothing: the test makes the calls to the APIs in its place.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

func main() {
	for _, v := range os.Environ() {
		fmt.Println(v)
	}
	if dir, err := os.Getwd(); err == nil {
		fmt.Println("PWD is", dir)
	}
	lines, _ := strconv.Atoi(os.Getenv("LINES"))
	for range lines {
		fmt.Println("a line more")
	}
	fmt.Println("ready at", os.Getenv("AWS_LAMBDA_RUNTIME_API"), "as", filepath.Base(os.Args[0]))
	for {
		time.Sleep(time.Hour)
	}
}
