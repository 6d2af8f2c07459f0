// Command aws runs the functions of a stack that npx cdk deploy made, on AWS,
// shows the log of each as command demo shows one of this machine, waits until
// AWS has shut the environments down, and checks what this project claims about
// Lambda.
//
//	go run ./demo/aws -stack PostInvokeDemo -o report.html
//
// docs/aws.md has what it needs and what the checks mean. The exit status is
// that of command demo; a check that failed makes it 1. It is a separate
// command because the AWS SDK takes longer to download and compile than all the rest.
package main

import (
	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/demo/cli"
)

func main() { cli.Main(awsrun.Command) }
