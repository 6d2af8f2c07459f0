package printer

import (
	"io"
	"os"

	"golang.org/x/term"
)

// IsTerminal reports whether what is written to w is shown on a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// HasEscapes reports whether w is a terminal that understands escape sequences.
func HasEscapes(w io.Writer) bool {
	kind := os.Getenv("TERM")
	return IsTerminal(w) && kind != "dumb" && kind != ""
}

// wantsColour reports whether w is a terminal whose user wants colours:
// https://no-color.org
func wantsColour(w io.Writer) bool { return HasEscapes(w) && os.Getenv("NO_COLOR") == "" }

// Width returns the width of the terminal that w is, or 0 if w is something
// else, where lines may have any length.
func Width(w io.Writer) int {
	if !IsTerminal(w) {
		return 0
	}
	width, _, err := term.GetSize(int(w.(*os.File).Fd()))
	if err != nil {
		return 0
	}
	return width
}
