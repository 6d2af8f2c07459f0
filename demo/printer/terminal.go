package printer

import (
	"io"
	"os"
)

// wantsColour reports whether w is a terminal that understands escape sequences, and whose
// user wants colours: https://no-color.org
func wantsColour(w io.Writer) bool {
	kind := os.Getenv("TERM")
	return Width(w) > 0 && kind != "dumb" && kind != "" && os.Getenv("NO_COLOR") == ""
}

// Width returns the width of the terminal that w is, or 0 if w is something
// else, where lines may have any length.
func Width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	columns, isTerminal := columnsOf(f)
	if isTerminal && columns == 0 { // one that does not say, such as a serial line
		return 80
	}
	return columns
}
