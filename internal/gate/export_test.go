package gate

import "time"

// SetWallClock replaces the system's, before anybody is held.
func (g *Gate) SetWallClock(now func() time.Time) { g.wallClock = now }
