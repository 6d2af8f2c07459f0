// Package faults holds no code but tests: scripts in which something goes wrong,
// in testdata/script. docs/reliability.md is a table of them.
//
// Each script is run twice, with the layer and without it, over compiled
// processes in a local execution environment; the condition [layer] tells the
// two apart. It ends with works and shutdown, whatever went wrong before. The
// commands, beside those of testscript:
//
//	start [-env K=V] [-timeout 2s] [-managed N] [-layer PROGRAM] [-with PROGRAM]
//	      [-refuse CALL] PROGRAM
//	      starts a function from testdata: on a managed instance with so many
//	      invocations at once, with another extension in the place of the layer's
//	      (-layer) or beside it (-with), or with Lambda refusing a call of the
//	      Extensions API, such as register. The timeout is 15 minutes if the script
//	      does not say otherwise, which is longer than the test has: a hold until
//	      then would fail it.
//	invoke [-bytes N] TEXT
//	      invokes the function with {"do":TEXT}, of N bytes if need be. stdout is
//	      what the caller sees. With ! in front that has to be an error.
//	call [-bytes N] [-as NAME] TEXT, and later response [NAME]
//	      are the two halves of invoke.
//	idle
//	      waits until all is frozen, or gone. stdout is the invocation's status.
//	rest DURATION
//	      leaves the environment frozen for so long.
//	await NAME
//	      waits for an entry in the log since the last invoke: a part of a line,
//	      or a kind of entry of package lambdaenv, such as runtime-done or reset.
//	order NAME...
//	      finds such entries in this order. "responded" is when the caller has
//	      the response, "idle" when all have asked for their next event.
//	logged [-count=N] PATTERN
//	      finds a line in the log so far. With ! in front there must be none.
//	lost [-ran 'HOOK...'] [-waiting 'HOOK...'] [-unnamed N] [-either 'HOOK...'] PHASE
//	      finds a record of lost hooks of the last invocation that was answered,
//	      or in phase shutdown of the shutdown functions. It has to name these
//	      hooks, in this order, and no others; so many more may wait without a name
//	      (-unnamed), and -either are hooks that may have run or not. Without the layer there is no such record.
//	signal KILL|STOP runtime|EXTENSION
//	      sends the signal to a process.
//	works [-without-hooks] [-until TEXT]
//	      invokes the function: it succeeds, and its hooks run after the response
//	      and before the freeze. With -until it does so until a line has the text:
//	      what is left over goes on only while the function is not frozen.
//	shutdown
//	      ends the environment. Nobody has to be killed, and nothing is left. With
//	      ! in front somebody has to be; stdout says who.
//
// A script has to find, with lost or with logged, each record of lost hooks, of a
// problem, and of a hold that ended without a report by the function: what it
// does not name must not happen.
package faults
