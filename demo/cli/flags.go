package cli

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Parse reads the flags of a command that takes no arguments. The name of flags is the
// command's first argument, if it needs one. For -h it prints them between the texts,
// and returns [flag.ErrHelp].
func Parse(flags *flag.FlagSet, args []string, stdout io.Writer, before, after string) error {
	flags.SetOutput(io.Discard)
	help := strings.TrimSpace(flags.Name() + " -h")
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		fmt.Fprint(stdout, before, "\nFlags:\n")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		_, err := fmt.Fprint(stdout, "\n", after)
		return cmp.Or(err, flag.ErrHelp)
	case err != nil:
		// What package flag has about a number or a duration that is none.
		reason := strings.ReplaceAll(err.Error(), "parse error", "not a number, or not a duration such as 500ms, 2s or 6m")
		return Usagef("%s; %s lists the flags", reason, help)
	case flags.NArg() > 0:
		return Usagef("unexpected argument %q; %s lists the flags", flags.Arg(0), help)
	}
	return nil
}

// Shared are the flags of all commands that run a function.
type Shared struct {
	Event       string
	Invocations int
	JSON        bool
	Files
}

// Define defines them.
func (s *Shared) Define(flags *flag.FlagSet) {
	s.Event = `{"hello":"world"}`
	DefineEvent(flags, &s.Event, " (default "+s.Event+").\n"+
		"A terminal shows the beginning of a long one; a pipe, a file and -json get all of it")
	flags.IntVar(&s.Invocations, "invocations", 2, "how often to invoke it, `N` times: a cold start and warm ones")
	flags.BoolVar(&s.JSON, "json", false, "print JSON for machines, one object per line")
	flags.StringVar(&s.Report, "o", "",
		"write a report to `FILE`: one HTML page with a timeline, the log and the figures")
	flags.StringVar(&s.Picture, "png", "", "write a picture of the report to `FILE`; needs Chromium or Chrome")
}

// DefineEvent defines the flag for the event of a function. The flag package would
// print a default with JSON's quotes escaped, so it is in the note.
func DefineEvent(flags *flag.FlagSet, event *string, note string) {
	flags.Func("event", "the event: `JSON`, or a file with it; - is standard input"+note,
		func(s string) error {
			if *event = s; s == "" { // such as a variable that is not set
				return errors.New("neither JSON nor a file")
			}
			return nil
		})
}

// Check reports what is wrong with the flags.
func (s *Shared) Check() error {
	if s.Invocations < 1 {
		return Usagef("-invocations %d: at least one is needed", s.Invocations)
	}
	return s.Files.Check()
}
