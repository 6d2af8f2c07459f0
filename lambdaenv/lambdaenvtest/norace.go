//go:build !race

package lambdaenvtest

const raceEnabled = false
