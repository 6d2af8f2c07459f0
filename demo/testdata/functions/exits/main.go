// Command exits is a function that ends during its init.
package main

import "os"

func main() {
	os.Exit(3)
}
