//go:build race

package lambdaenvtest

const raceEnabled = true
