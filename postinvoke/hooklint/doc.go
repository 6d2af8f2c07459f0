// Package hooklint finds misuse of postinvoke at compile time.
//
//	go build -C /path/to/checkout/postinvoke/hooklint -o /tmp/hooklint ./cmd/hooklint
//	go vet -vettool=/tmp/hooklint ./...
//
// Its checks are described in docs/hooklint.md, whose sections diagnostics
// name:
//
//   - context: a hook uses the context of the handler, which has ended when
//     the hook runs.
//   - goroutine: a go statement in a handler starts work that nothing waits
//     for, and that is frozen with the environment.
//   - wrap: a handler registers hooks and is not wrapped, or not outermost, or
//     is called with a context without the values of the invocation's.
//   - late: a goroutine that nothing waits for registers a hook, perhaps when
//     it is too late.
//   - error: a hook throws away the error of its work.
//   - exit: a hook ends the process, or Shutdown and WithEnableSIGTERM compete.
//   - replay: the replayed code of a durable function registers a hook.
//
// A diagnostic means that the code is wrong. Where the analyzer cannot know,
// for example because a function value decides, it reports nothing.
//
// A comment on the line, or on the line above, turns diagnostics off:
//
//	go heartbeat() //hooklint:ignore it may be frozen
package hooklint
