package faults_test

import (
	"os"
	"runtime"
)

// mayMount reports whether scripts can mount file systems.
func mayMount() bool { return runtime.GOOS == "linux" && os.Getuid() == 0 }
