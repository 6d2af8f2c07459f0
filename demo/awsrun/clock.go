package awsrun

import "time"

// A clock estimates how far Lambda's clock is ahead of ours. The times of the
// log are Lambda's, those of the caller ours, and both are shown in one column.
//
// Nothing on the way can be earlier than the call, or later than the answer:
// each invocation leaves an interval in which the difference must be. When zero
// is in it, the clocks are taken to agree.
type clock struct {
	least, most time.Duration
	known       bool
}

// learn takes the times of an invocation: the call and the answer by our clock,
// and by Lambda's, whose log is rounded down to the millisecond, when the
// invocation started and how long the handler took.
func (c *clock) learn(asked, got, started time.Time, handler time.Duration) {
	least := started.Add(handler).Sub(got)
	most := started.Add(time.Millisecond).Sub(asked)
	if !c.known {
		c.least, c.most, c.known = least, most, true
		return
	}
	// A clock that was set meanwhile leaves nothing; then the latest is right.
	if least > c.most || most < c.least {
		c.least, c.most = least, most
		return
	}
	c.least, c.most = max(c.least, least), min(c.most, most)
}

// skew is how far Lambda's clock is ahead of ours.
func (c *clock) skew() time.Duration {
	if !c.known || c.least <= 0 && c.most >= 0 {
		return 0
	}
	return c.least + (c.most-c.least)/2
}
