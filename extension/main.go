// Command extension is the external extension of postinvoke, which its layer
// puts into /opt/extensions. It keeps the execution environment awake until
// the hooks of each invocation are done, buys the function its time between
// SIGTERM and SIGKILL, and logs why and when the environment ended.
//
// It starts before every cold start of somebody's function and lives in that
// function's memory: hence no net/http, no encoding/json, and nothing outside
// the standard library. The function talks to it over package link; what it
// logs is in package record.
//
// Environment variables:
//
//	POSTINVOKE_PORT                  port on 127.0.0.1 for the function to connect to (1339)
//	AWS_LAMBDA_RUNTIME_API           address of the Extensions API, set by Lambda
//	AWS_LAMBDA_INITIALIZATION_TYPE   set by Lambda
//	AWS_LAMBDA_LOG_FORMAT, _LEVEL    set by Lambda
package main

import (
	"os"
	"path/filepath"
	"runtime"

	"example.com/postinvoke/internal/extensionsapi"
)

func main() {
	// One processor is enough, and two would wake each other's threads while
	// the function computes its response (docs/benchmarks.md).
	runtime.GOMAXPROCS(1)

	e := newExtension(os.Stdout)
	address := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	if address == "" {
		e.log.problem("AWS_LAMBDA_RUNTIME_API is not set: this program is an AWS Lambda extension, to be started by Lambda from /opt/extensions")
		os.Exit(1)
	}
	// Lambda wants the file name as the name of the extension.
	if err := e.run(extensionsapi.New(address, filepath.Base(os.Args[0]))); err != nil {
		e.log.problem(err.Error())
		os.Exit(1)
	}
}
