package recording

import (
	"fmt"
	"regexp"
	"strings"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// Lost are hooks that a process took with it when it ended, as the extension
// reports them.
type Lost struct {
	RequestID           string // empty for shutdown functions
	Phase               string // what it had come to: handler, response, hooks or shutdown
	Running, NotStarted int
	Ran, Waited         []string // names; there may be fewer than hooks
}

// LostIn returns what the entry reports about hooks that were lost, or nil.
func LostIn(e lambdaenv.Entry) *Lost {
	fields := fieldsOf(e, record.HooksLost)
	if fields == nil || e.Source != lambdaenv.Extension {
		return nil
	}
	return &Lost{
		RequestID:  fields[record.RequestID],
		Phase:      fields[record.Phase],
		Running:    int(Number(fields, record.Running)),
		NotStarted: int(Number(fields, record.NotStarted)),
		Ran:        names(fields[record.Hook], int(Number(fields, record.Running))),
		Waited:     names(fields[record.Waiting], int(Number(fields, record.NotStarted))),
	}
}

func lostInInvocation(e lambdaenv.Entry) bool {
	l := LostIn(e)
	return l != nil && l.RequestID != ""
}

// names returns those in a list about n hooks. A name that was given to a hook may
// have a comma in it: then it is not known where one ends.
func names(list string, n int) []string {
	all := strings.Split(list, ", ")
	switch {
	case list == "":
		return nil
	case n == 1:
		return []string{list}
	case len(all) > n:
		return nil
	}
	return all
}

// Count is how many were lost.
func (l *Lost) Count() int { return l.Running + l.NotStarted }

// notes says which were lost, if any.
func (l *Lost) notes() []string {
	if l == nil {
		return nil
	}
	what := ""
	if l.RequestID == "" {
		what = "shutdown function "
	}
	var notes []string
	if l.Running > 0 {
		notes = append(notes, what+"lost in the middle: "+listed(l.Ran, l.Running))
	}
	if l.NotStarted > 0 {
		notes = append(notes, what+"lost before it started: "+listed(l.Waited, l.NotStarted))
	}
	return notes
}

// mostNames is how many hooks are named; the others are counted.
const mostNames = 3

// listed lists n hooks, of which the names are known or not.
func listed(names []string, n int) string {
	var short []string
	for _, name := range names[:min(len(names), mostNames, n)] {
		name, place := ShortHook(name)
		if place != "" {
			name += " (" + place + ")"
		}
		short = append(short, name)
	}
	switch more := n - len(short); {
	case len(short) == 0:
		return fmt.Sprint(n)
	case more > 0:
		short = append(short, fmt.Sprintf("%d more", more))
	}
	return strings.Join(short, ", ")
}

// functionName is what the library calls a hook that was given no name: the
// function, and the place where it is defined unless it is a method value.
var functionName = regexp.MustCompile(`^([^ ]*/)?([^ /]+\.[^ /]+)( \((.*/)?([^/]+:\d+)\))?$`)

// ShortHook leaves out of a function's name what is the same for most: the paths
// of its package and of its file. A name that was given to a hook is all name.
func ShortHook(hook string) (name, place string) {
	parts := functionName.FindStringSubmatch(hook)
	if parts == nil {
		return hook, ""
	}
	return strings.TrimPrefix(parts[2], "main."), parts[5]
}
