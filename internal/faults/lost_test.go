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

// lost checks one record of lost hooks, which the script has not found yet. With
// the layer it waits for it; without, there is none.
func (s *scenario) lost(args []string) {
	flags := flag.NewFlagSet("lost", flag.ContinueOnError)
	ran := flags.String("ran", "", "")
	waiting := flags.String("waiting", "", "")
	unnamed := flags.Int("unnamed", 0, "")
	either := flags.String("either", "", "")
	phase, err := regexp.Compile("^(" + s.parse(flags, args, 1)[0] + ")$")
	if err != nil {
		s.Fatalf("%v", err)
	}
	if !s.layer {
		return // unexplained finds any
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

	got := recording.Fields(line.Text)
	gotRan, gotWaiting := shortNames(got[record.Hook]), shortNames(got[record.Waiting])
	if *either != "" { // how far they came is a matter of microseconds
		all := slices.Concat(gotRan, gotWaiting)
		slices.Sort(all)
		if want := strings.Fields(*either); !slices.Equal(all, slices.Sorted(slices.Values(want))) {
			s.Fatalf("got lost hooks %v, want %v: %s", all, want, line.Text)
		}
		*ran, *waiting = strings.Join(gotRan, " "), strings.Join(gotWaiting, " ")
	}
	want := map[string]string{
		"level":           "ERROR",
		record.Function:   "function",
		record.Phase:      got[record.Phase],
		record.Running:    strconv.Itoa(len(strings.Fields(*ran))),
		record.NotStarted: strconv.Itoa(len(strings.Fields(*waiting)) + *unnamed),
	}
	if got[record.Phase] != "shutdown" {
		want[record.RequestID] = s.requestID
	}
	if *ran != "" {
		want[record.Hook] = *ran
		got[record.Hook] = strings.Join(gotRan, " ")
	}
	if *waiting != "" {
		want[record.Waiting] = *waiting
		got[record.Waiting] = strings.Join(gotWaiting, " ")
	}
	for _, always := range []string{"timestamp", "time", "message", "msg"} {
		delete(got, always)
	}
	if !maps.Equal(got, want) {
		s.Fatalf("got  %v\nwant %v\nin   %s", got, want, line.Text)
	}
}

// hookName is how a hook of the function under test is called in a record.
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
