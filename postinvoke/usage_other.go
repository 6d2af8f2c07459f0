//go:build !unix

package postinvoke

import "time"

// processorTime is not known here. Lambda runs Linux.
func processorTime() time.Duration { return 0 }
