package report

import (
	"fmt"
	"time"
)

// inMs is d in milliseconds.
func inMs(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// length renders how long something took, to three digits or so.
func length(d time.Duration) string {
	switch {
	case d > 0 && d < time.Microsecond:
		return "under 1 µs"
	case d < 100*time.Microsecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", inMs(d))
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.1f ms", inMs(d))
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", inMs(d))
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	d = d.Round(time.Second)
	return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
}
