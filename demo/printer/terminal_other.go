//go:build !linux && !darwin

package printer

import "os"

// columnsOf knows of no terminals: on these systems the demo runs nothing.
func columnsOf(*os.File) (columns int, isTerminal bool) { return 0, false }
