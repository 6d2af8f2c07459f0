// Command returns is no Lambda function: its main does not start one.
package main

func main() {}
