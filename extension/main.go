// Command extension is the external extension of postinvoke. The layer puts it
// into /opt/extensions. When the execution environment ends, it logs the reason,
// and the hooks that were lost if the function process was killed, exited or
// crashed. It takes no part in invocations.
//
// The function records its hooks in a file that both processes share, the black
// box ([example.com/postinvoke/internal/blackbox]). The extension creates that
// file before it registers with Lambda, and reads it in [readBox] when the function
// process has ended.
//
// The extension starts before each cold start of a function and stays in that
// function's memory. So it imports neither net/http nor encoding/json, and nothing
// outside the standard library. Its log records are in package record.
//
// Lambda sets all of these environment variables:
//
//	AWS_LAMBDA_RUNTIME_API          address of the Extensions API
//	AWS_LAMBDA_FUNCTION_NAME        for the log records
//	AWS_LAMBDA_LOG_FORMAT, _LEVEL   of the log records
//	TMPDIR                          folder of the file; /tmp if unset
package main

import (
	"os"
	"path/filepath"
	"runtime"

	"example.com/postinvoke/internal/extensionsapi"
)

func main() {
	// The threads of a second processor would compete with the function's init
	// (docs/benchmarks.md).
	runtime.GOMAXPROCS(1)

	log := newLog(os.Stdout)
	address := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	if address == "" {
		log.problem("AWS_LAMBDA_RUNTIME_API is not set: this program is an AWS Lambda extension, " +
			"to be started by Lambda from /opt/extensions")
		os.Exit(1)
	}
	// An extension must register under its file name.
	if err := run(extensionsapi.New(address, filepath.Base(os.Args[0])), log); err != nil {
		log.problem(err.Error())
		os.Exit(1)
	}
}
