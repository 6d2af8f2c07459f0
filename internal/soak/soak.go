// Package soak tests the library and the extension with many invocations: no hook
// is lost, none runs twice, none in the wrong invocation, and nothing grows. Its
// tests serve 1,500 invocations with the layer and as many without; the long
// versions are
//
//	go test -v -timeout 60m ./internal/soak -invocations 20000
//	go test -v -timeout 60m ./internal/soak -invocations 100000 -run 'NothingGrows/as_deployed/with_the_layer'
//
// The package itself has the events of the function under test, testdata/mixed.
package soak

// A Plan is the event of one invocation.
type Plan struct {
	Hooks []Hook `json:"hooks,omitempty"` // in the order of their registration
	Ends  End    `json:"ends,omitempty"`  // how the handler ends

	// Meet, if above zero, makes the handler and then a hook wait until that many
	// handlers or hooks wait, which shows that they run at the same time.
	Meet int `json:"meet,omitempty"`

	// Usage makes the function respond with its Usage.
	Usage bool `json:"usage,omitempty"`
}

// A Hook is registered by the handler or another hook. When called it prints a line that begins with
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

// Ends. A handler does not end with Goexit, and a hook of kind Run not with Error.
const (
	Returns End = ""
	Error   End = "error"
	Panic   End = "panic"
	Goexit  End = "goexit"
)

// Usage is what a function uses after a garbage collection.
type Usage struct {
	Heap       int64 `json:"heap"` // bytes
	Goroutines int   `json:"goroutines"`
}
