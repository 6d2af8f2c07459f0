// Command hooklint finds misuse of postinvoke:
//
//	go vet -vettool=$(command -v hooklint) ./...
//	hooklint ./...          # the same, without go vet
//	hooklint -fix ./...     # applies the fixes that it suggests
//
// docs/hooklint.md describes what it reports.
package main

import (
	"golang.org/x/tools/go/analysis/multichecker"

	"example.com/postinvoke/postinvoke/hooklint"
)

func main() { multichecker.Main(hooklint.Analyzer) }
