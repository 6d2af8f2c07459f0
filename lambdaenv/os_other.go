//go:build !linux && !darwin

package lambdaenv

import (
	"errors"
	"os"
	"syscall"
)

const (
	supported = false

	sigStop = syscall.Signal(-1)
	sigCont = syscall.Signal(-1)
)

func spawn(string, string, []string, *os.File) (int, error) { return 0, errors.ErrUnsupported }

func awaitChange(int) (bool, exitStatus, int64) { return false, exitStatus{}, 0 }

func signalGroup(int, syscall.Signal) error { return errors.ErrUnsupported }

func readNow(uintptr, []byte) (int, bool) { return 0, false }

func peakMemory(int) int64 { return 0 }
