package cli

import (
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Usage is what -h prints of a command beside its flags.
type Usage struct {
	Package string // of the command, as go run takes it: ./demo
	Verb    string // its first argument, if it needs one
	Before  string // the flags; "PROGRAM" stands for how the command is run
	After   string
}

// Parse reads the flags of a command that takes no arguments. For -h it prints
// the usage and returns [flag.ErrHelp].
func Parse(flags *flag.FlagSet, args []string, stdout io.Writer, usage Usage) error {
	flags.SetOutput(io.Discard)
	help := strings.TrimSpace(usage.Verb + " -h")
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		if err := usage.write(stdout, flags); err != nil {
			return err
		}
		return flag.ErrHelp
	case err != nil:
		return Usagef("%v; %s lists the flags", err, help)
	case flags.NArg() > 0:
		return Usagef("unexpected argument %q; %s lists the flags", flags.Arg(0), help)
	}
	return nil
}

func (u Usage) write(stdout io.Writer, flags *flag.FlagSet) error {
	var defaults strings.Builder
	flags.SetOutput(&defaults)
	flags.PrintDefaults()
	text := u.Before + "\nFlags:\n" + defaults.String()
	if u.After != "" {
		text += "\n" + u.After
	}
	_, err := io.WriteString(stdout, strings.ReplaceAll(text, "PROGRAM", u.program()))
	return err
}

// builtByRun is where go run puts an executable: in a temporary folder, or in its
// cache.
var builtByRun = regexp.MustCompile(`go-build|/[0-9a-f]{64}-d/`)

// program is how the command is run.
func (u Usage) program() string {
	if executable, err := os.Executable(); err == nil && builtByRun.MatchString(executable) {
		return "go run " + u.Package
	}
	return os.Args[0]
}

// Given reports whether a flag was given.
func Given(flags *flag.FlagSet, name string) bool {
	given := false
	flags.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}

// Duration is a flag for a duration, whose errors explain what is wrong with "1".
type Duration time.Duration

func (d *Duration) String() string { return time.Duration(*d).String() }

// Set is part of [flag.Value].
func (d *Duration) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil {
		return errors.New("a duration is needed, such as 500ms, 2s or 6m")
	}
	*d = Duration(v)
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
	DefineEvent(flags, &s.Event, `{"hello":"world"}`,
		".\nA terminal shows the beginning of a long one; a pipe, a file and -json get all of it")
	flags.IntVar(&s.Invocations, "invocations", 2, "how often to invoke it, `N` times: a cold start and warm ones")
	flags.BoolVar(&s.JSON, "json", false, "print JSON for machines, one object per line")
	flags.StringVar(&s.Report, "o", "",
		"write a report to `FILE`: one HTML page with a timeline, the log and the figures")
	flags.StringVar(&s.Picture, "png", "", "write a picture of the report to `FILE`; needs Chromium or Chrome")
}

// DefineEvent defines the flag for the event of a function.
func DefineEvent(flags *flag.FlagSet, event *string, standard, note string) {
	*event = standard
	usage := "the event: `JSON`, or a file with it; - is standard input (default " + standard + ")" + note
	flags.Func("event", usage, func(s string) error { *event = s; return nil })
}

// Check reports what is wrong with the flags.
func (s *Shared) Check() error {
	if s.Invocations < 1 {
		return Usagef("-invocations %d: at least one is needed", s.Invocations)
	}
	return s.Files.Check()
}

// checkFile reports at once what would go wrong when a file is written, after all
// the time that a run takes.
func checkFile(flag, path string) error {
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case path == "":
		return nil
	case path == "-":
		return Usagef("%s -: a file is needed; a name with that would be ./-", flag)
	case flag == "-o" && (ext == ".png" || ext == ".pdf"):
		return Usagef("-o %s: what is written is HTML; -png makes a picture, and the browser's print dialogue a PDF",
			path)
	}
	info, missing := os.Lstat(path)
	folder := missing == nil && info.IsDir()
	switch {
	case missing == nil && !folder && !info.Mode().IsRegular():
		return nil // such as /dev/stdout
	case !folder && flag == "-png" && strings.ToLower(filepath.Ext(path)) != ".png":
		return Usagef("-png %s: what is written is a PNG: the name has to end in .png", path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		dir := filepath.Dir(path)
		if _, err := os.Stat(dir); err != nil {
			return Usagef("%s %s: the folder %s does not exist", flag, path, dir)
		}
		return Usagef("%s %s: no files can be made in the folder %s", flag, path, dir)
	}
	if err != nil {
		return Usagef("%s %s: %v", flag, path, Reason(err))
	}
	f.Close()
	if missing != nil {
		return os.Remove(path)
	}
	return nil
}

// Reason is an error about a file without its name, which was said before.
func Reason(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
