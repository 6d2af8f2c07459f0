//go:build !linux

package faults_test

func mayMount() bool { return false }
