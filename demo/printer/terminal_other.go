//go:build !linux && !darwin

package printer

import "os"

// columnsOf returns no width: on these systems the demo runs nothing.
func columnsOf(*os.File) (columns int, isTerminal bool) { return 0, false }
