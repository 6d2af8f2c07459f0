package faults_test

import (
	"flag"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// A loss is what a record of lost hooks has to name: hooks that ran, hooks that
// waited, how many more waited without a name, or hooks that did either.
type loss struct {
	ran, waiting, either string
	unnamed              int
}

// lost checks one record of lost hooks, which the script has not found yet. With
// the layer it waits for it; without, unexplained reports any.
func (s *scenario) lost(args []string) {
	var want loss
	flags := flag.NewFlagSet("lost", flag.ContinueOnError)
	flags.StringVar(&want.ran, "ran", "", "")
	flags.StringVar(&want.waiting, "waiting", "", "")
	flags.IntVar(&want.unnamed, "unnamed", 0, "")
	flags.StringVar(&want.either, "either", "", "")
	phase, err := regexp.Compile("^(" + s.parse(flags, args, 1)[0] + ")$")
	if err != nil {
		s.Fatalf("%v", err)
	}
	if !s.layer {
		return
	}
	line := s.env.Await("hooks lost in phase "+phase.String(), func(e lambdaenv.Entry) bool {
		fields := recording.Fields(e.Text)
		return e.Kind == lambdaenv.Line && !s.found[e.Text] && recording.Message(fields) == record.HooksLost &&
			phase.MatchString(fields[record.Phase])
	})
	s.found[line.Text] = true
	if line.Source != lambdaenv.Extension {
		s.Fatalf("from %s: %s", line.Source, line.Text)
	}
	s.compareLoss(recording.Fields(line.Text), want, line.Text)
}

// compareLoss compares the fields of a record with the loss that a script wants.
func (s *scenario) compareLoss(got map[string]string, want loss, line string) {
	ran, waiting := shortNames(got[record.Hook]), shortNames(got[record.Waiting])
	if want.either != "" { // how many had started is a matter of microseconds
		all, either := slices.Concat(ran, waiting), strings.Fields(want.either)
		slices.Sort(all)
		slices.Sort(either)
		if !slices.Equal(all, either) {
			s.Fatalf("got lost hooks %v, want %v: %s", all, either, line)
		}
		want.ran, want.waiting = strings.Join(ran, " "), strings.Join(waiting, " ")
	}
	fields := map[string]string{
		"level":           "ERROR",
		record.Function:   "function",
		record.Phase:      got[record.Phase],
		record.Running:    strconv.Itoa(len(strings.Fields(want.ran))),
		record.NotStarted: strconv.Itoa(len(strings.Fields(want.waiting)) + want.unnamed),
	}
	if got[record.Phase] != "shutdown" {
		fields[record.RequestID] = s.requestID
	}
	if want.ran != "" {
		fields[record.Hook] = want.ran
		got[record.Hook] = strings.Join(ran, " ")
	}
	if want.waiting != "" {
		fields[record.Waiting] = want.waiting
		got[record.Waiting] = strings.Join(waiting, " ")
	}
	for _, always := range []string{"timestamp", "time", "message", "msg"} {
		delete(got, always)
	}
	if !maps.Equal(got, fields) {
		s.Fatalf("got  %v\nwant %v\nin   %s", got, fields, line)
	}
}

// hookName is the name of a hook of the function under test in a record.
var hookName = regexp.MustCompile(`^main\.(\w+) \(/.*\.go:\d+\)$`)

// shortNames returns the names in a field without their package and place.
func shortNames(field string) []string {
	if field == "" {
		return nil
	}
	names := strings.Split(field, ", ")
	for i, name := range names {
		if match := hookName.FindStringSubmatch(name); match != nil {
			names[i] = match[1]
		}
	}
	return names
}
