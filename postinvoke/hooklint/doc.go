// Package hooklint finds misuse of postinvoke at compile time.
//
//	go build -C /path/to/checkout/postinvoke/hooklint -o /tmp/hooklint ./cmd/hooklint
//	go vet -vettool=/tmp/hooklint ./...
//
// Its checks are context, goroutine, wrap, late, error, exit and replay. They are
// the sections of docs/hooklint.md, and each diagnostic names its own.
//
// A diagnostic means that the code is wrong. Where the analyzer cannot be sure,
// for example because a function value decides, it reports nothing.
//
// A comment on the line, or on the line above, turns diagnostics off:
//
//	go heartbeat() //hooklint:ignore it may be frozen
package hooklint
