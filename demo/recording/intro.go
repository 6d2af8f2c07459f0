package recording

import "fmt"

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
