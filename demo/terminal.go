package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// isTerminal reports whether what is written to w is shown on a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// isDumb reports whether the terminal understands no escape sequences.
func isDumb() bool {
	kind := os.Getenv("TERM")
	return kind == "dumb" || kind == ""
}

// wantsColour reports whether w is a terminal whose user wants colours:
// https://no-color.org
func wantsColour(w io.Writer) bool {
	return isTerminal(w) && !isDumb() && os.Getenv("NO_COLOR") == ""
}

// widthOf returns the width of the terminal that w is, or 0 if w is something
// else, where lines may have any length.
func widthOf(w io.Writer) int {
	if !isTerminal(w) {
		return 0
	}
	width, _, err := term.GetSize(int(w.(*os.File).Fd()))
	if err != nil {
		return 0
	}
	return width
}
