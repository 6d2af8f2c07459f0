// Package faults has scripts in which something goes wrong, in testdata/script.
// docs/reliability.md is a table of them. The package has no other code than tests.
//
// Each script runs twice, with the layer and without it, on compiled processes in
// a local execution environment; the condition [layer] distinguishes the two. Each
// environment that it starts ends with works and shutdown. The commands, beside
// those of testscript:
//
//	start [-env K=V] [-timeout 2s] [-managed N] [-layer PROGRAM] [-with PROGRAM]
//	      [-refuse CALL] PROGRAM
//	      starts a function from testdata: on a managed instance with N concurrent
//	      invocations, with another extension in place of the layer's (-layer) or
//	      beside it (-with), or with Lambda refusing a call of the Extensions API,
//	      such as register. The default timeout is 15 minutes, longer than a test
//	      may take: holding the environment until then fails the test.
//	invoke [-bytes N] TEXT
//	      invokes the function with {"do":TEXT}, padded to N bytes. stdout is what
//	      the caller gets. With ! in front that has to be an error.
//	call [-bytes N] [-as NAME] TEXT, and later response [NAME]
//	      are the two halves of invoke.
//	idle
//	      waits until all processes are frozen, or have ended. stdout is the
//	      status of the invocation.
//	stay-frozen DURATION
//	      leaves the environment frozen for that time.
//	await NAME
//	      waits for an entry in the log since the last invoke: a part of a line,
//	      or a kind of entry of package lambdaenv, such as runtime-done or reset.
//	order NAME...
//	      finds such entries in this order. "responded" is when the caller has
//	      the response, "idle" when all processes have requested the next event.
//	logged [-count=N] PATTERN
//	      finds a line in the log so far. With ! in front there must be none.
//	lost [-ran 'HOOK...'] [-waiting 'HOOK...'] [-unnamed N] [-either 'HOOK...'] PHASE
//	      finds a record of lost hooks of the last invocation that was answered,
//	      or, in phase shutdown, of the shutdown functions. The record has to name
//	      these hooks, in this order, and no others. -unnamed is how many more wait
//	      without a name; hooks in -either may have run or not. Without the layer
//	      there is no such record.
//	signal KILL|STOP runtime|EXTENSION
//	      sends the signal to a process.
//	works [-without-hooks] [-until TEXT]
//	      invokes the function: it succeeds, and its hooks run after the response
//	      and before the freeze. With -until it does so until a line has the text:
//	      what an earlier invocation left behind proceeds only between freezes.
//	shutdown
//	      shuts the environment down. No process has to be killed, and none is
//	      left. With ! in front some have to be; stdout names them.
//
// A script has to find, with lost or logged, each record of lost hooks, of a
// problem, and of a wait that ended without a report by the function. Any other
// such record fails the test.
package faults
