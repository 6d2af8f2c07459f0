// Command extension is the external extension of postinvoke, which its layer
// puts into /opt/extensions. When the execution environment ends it logs why,
// and which hooks were lost if the function process was killed, exited or
// crashed. It takes no part in invocations.
//
// The function notes what it is doing in a file that both processes share
// (package internal/blackbox). The extension makes that file before it registers
// with Lambda, and reads it when the function process has ended.
//
// It starts before every cold start of somebody else's function and lives in
// that function's memory: hence no net/http, no encoding/json, and nothing
// outside the standard library. Its log records are in package record.
//
// Environment variables, all of them set by Lambda:
//
//	AWS_LAMBDA_RUNTIME_API          address of the Extensions API
//	AWS_LAMBDA_FUNCTION_NAME        for the log records
//	AWS_LAMBDA_LOG_FORMAT, _LEVEL   of the log records
//	TMPDIR                          where the file is, instead of /tmp
package main

import (
	"os"
	"path/filepath"
	"runtime"

	"example.com/postinvoke/internal/extensionsapi"
)

func main() {
	// One processor is enough, and two would start threads that compete with the
	// function's init (docs/benchmarks.md).
	runtime.GOMAXPROCS(1)

	log := newLog(os.Stdout)
	address := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	if address == "" {
		log.problem("AWS_LAMBDA_RUNTIME_API is not set: this program is an AWS Lambda extension, " +
			"to be started by Lambda from /opt/extensions")
		os.Exit(1)
	}
	// Lambda wants the file name as the name of the extension.
	if err := run(extensionsapi.New(address, filepath.Base(os.Args[0])), log); err != nil {
		log.problem(err.Error())
		os.Exit(1)
	}
}
