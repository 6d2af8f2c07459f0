// Command panics is a function that crashes during its init.
package main

func main() {
	panic("no configuration")
}
