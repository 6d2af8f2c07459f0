// Package soak has the library and the extension serve many invocations, and
// counts: no hook is lost, none runs twice, none in the wrong invocation, and
// nothing grows. Its tests do some 1,500 invocations in each mode; the long
// versions are
//
//	go test -v -timeout 60m ./internal/soak -invocations 20000
//	go test -v -timeout 60m ./internal/soak -invocations 100000 -run 'NothingGrows/as_deployed/with_the_layer'
//
// The package itself holds the words in which a test tells the function under
// test, testdata/mixed, what to do.
package soak

// A Plan is the event of one invocation.
type Plan struct {
	Hooks []Hook `json:"hooks,omitempty"` // in the order of their registration
	Ends  End    `json:"ends,omitempty"`  // how the handler ends

	// Meet, if above zero, has the handler and then a hook wait until that many
	// of their kind do so: a proof that they run at the same time.
	Meet int `json:"meet,omitempty"`

	// Usage has the function respond with its Usage.
	Usage bool `json:"usage,omitempty"`
}

// A Hook is one to register. When called it prints a line that begins with
// LinePrefix, then the request id of its context and its place: "2.0" is the
// first hook that the handler's third one registers.
type Hook struct {
	Kind  Kind   `json:"kind"`
	Waits bool   `json:"waits,omitempty"` // for the response, before it does anything; Go only
	Takes int    `json:"takes,omitempty"` // milliseconds, before it does anything
	Then  []Hook `json:"then,omitempty"`  // it registers these
	Ends  End    `json:"ends,omitempty"`
}

// LinePrefix begins the lines of hooks.
const LinePrefix = "hook "

// Kind is the function that a hook is registered with.
type Kind string

// Kinds of hooks.
const (
	Run        Kind = "Run"
	RunContext Kind = "RunContext"
	Go         Kind = "Go"
)

// End is how a hook or handler ends.
type End string

// Ends. A handler knows no Goexit, and a hook of kind Run no Error.
const (
	Returns End = ""
	Error   End = "error"
	Panic   End = "panic"
	Goexit  End = "goexit"
)

// Usage is what a function has in use, after a garbage collection.
type Usage struct {
	Heap       int64 `json:"heap"` // bytes
	Goroutines int   `json:"goroutines"`
}
