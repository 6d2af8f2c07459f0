// Package debug has a switch that tests share with package lambdaenv.
package debug

// CheckInvariants makes every environment check its invariants after each step, and
// panic if one does not hold. Package lambdaenvtest sets it before any environment
// starts.
var CheckInvariants bool
