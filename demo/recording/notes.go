package recording

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/postinvoke/internal/lambdaenv"
)

// Notes says what is remarkable about an invocation.
func (inv *Invocation) Notes() []string {
	var notes []string
	if inv.Report.Init > 0 {
		notes = append(notes, "cold start")
	}
	if inv.Report.Status != "success" {
		notes = append(notes, inv.Report.Status)
	}
	if h := inv.Hooks; h != nil {
		for _, n := range []struct {
			count int
			what  string
		}{{h.Failures, "failed"}, {h.Abandoned, "abandoned"}} {
			if n.count > 0 {
				notes = append(notes, "hooks "+n.what+": "+strconv.Itoa(n.count))
			}
		}
	}
	return notes
}

// String says how the environment ended, if it did.
func (s *Shutdown) String() string {
	if s == nil {
		return "the environment was not shut down yet"
	}
	end := fmt.Sprintf("environment shut down after %s, reason: %s", inWords(s.Since), s.Reason)
	if len(s.Killed) > 0 {
		end += ", killed: " + strings.ReplaceAll(strings.Join(s.Killed, ", "), lambdaenv.RuntimeName, "function")
	}
	return end
}

// inWords renders a time that can be anything from milliseconds to minutes.
func inWords(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
