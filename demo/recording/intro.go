package recording

import (
	"fmt"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// IdleOnAWS is the sentence of an introduction that says when an environment
// would end on AWS.
const IdleOnAWS = "AWS shuts an environment down when it has been idle for some minutes (others report five to ten)."

// Times says in an introduction how many invocations there are.
func Times(invocations int) string {
	if invocations == 1 {
		return "1 invocation"
	}
	return fmt.Sprintf("%d invocations", invocations)
}

// Interrupted says when a run of so many invocations was ended.
func (r *Recording) Interrupted(by string, invocations int) string {
	var at time.Duration
	called, over, shutDown := 0, false, false
	for i := range r.Moments {
		m := &r.Moments[i]
		at = m.Since
		switch m.Kind {
		case Called:
			called, over = called+1, false
		case lambdaenv.Idle, lambdaenv.Reset:
			over = true
		case lambdaenv.ShutdownBegan:
			shutDown = true
		}
	}
	where := fmt.Sprintf("after invocation %d of %d", called, invocations)
	switch {
	case shutDown:
		where = "in the shutdown"
	case called == 0:
		where = "before the first invocation"
	case !over:
		where = fmt.Sprintf("in invocation %d of %d", called, invocations)
	}
	return fmt.Sprintf("Ended by %s after %s, %s.", by, inWords(at), where)
}
