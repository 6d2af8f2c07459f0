// Package faults holds no code but tests: stories in which something goes
// wrong, told in testdata/script and summed up in docs/reliability.md.
//
// Each script is run twice, with the layer and without it, over compiled
// processes in a local execution environment; the condition [layer] tells the
// two apart. It ends with works and shutdown, whatever went wrong before. The
// commands, beside those of testscript:
//
//	start [-env K=V] [-timeout 2s] [-layer PROGRAM] [-with PROGRAM] [-refuse CALL] PROGRAM
//	      starts a function from testdata, with another extension in the place
//	      of the layer's (-layer) or beside it (-with), or with Lambda refusing
//	      a call of the Extensions API, such as register. The timeout is 15
//	      minutes if the script does not say otherwise, which is longer than
//	      the test has: what were held until then would fail it.
//	invoke [-bytes N] WORD
//	      invokes the function with {"do":WORD}, of N bytes if need be. stdout is
//	      what the caller sees. With ! in front that has to be an error.
//	call [-bytes N] WORD, and later response
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
//	      finds a line in the log so far. With ! in front there must be none. A
//	      script has to find every line which says that the environment was
//	      held in vain.
//	signal KILL|STOP runtime|EXTENSION
//	      sends the signal to a process.
//	stranger silent|web|hangs-up|endless
//	      opens a port on which somebody else answers, and sets $PORT to it.
//	works [-without-hooks] [-until TEXT]
//	      invokes the function: it succeeds, and its hooks run after the response
//	      and before the freeze. With -until it does so until a line has the text:
//	      what is left over goes on only while the function is not frozen.
//	shutdown
//	      ends the environment. Nobody has to be killed, and nothing is left. With
//	      ! in front somebody has to be; stdout says who.
package faults
