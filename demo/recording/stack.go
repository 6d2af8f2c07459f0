package recording

import (
	"regexp"
	"strings"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// stackField is the field with the stack of a panic, in either log format.
var stackField = regexp.MustCompile(`,"` + record.Stack + `":"(\\.|[^"\\])*"| ` + record.Stack + `="(\\.|[^"\\])*"`)

// stackIn returns the record of a hook that panicked without its stack, and
// beneath it the stack, line by line; nil of anything else. In the record it is
// one line of some thousand characters.
func stackIn(m *Moment) []string {
	if m.Source != lambdaenv.Function || !strings.Contains(m.Text, record.HookFailed) {
		return nil
	}
	at := stackField.FindStringIndex(m.Text)
	stack := strings.Split(strings.TrimSpace(Fields(m.Text)[record.Stack]), "\n")
	if at == nil || len(stack) < 2 {
		return nil
	}
	lines := []string{printable(m.Text[:at[0]] + m.Text[at[1]:])}
	for _, frame := range stack {
		lines = append(lines, "  "+printable(frame))
	}
	return lines
}
