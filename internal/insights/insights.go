// Package insights evaluates queries in the language of CloudWatch Logs
// Insights over log events, as far as the dashboard of postinvoke uses that
// language. Whatever it does not know is an error, and so is what breaks a rule
// of the language, so that a test finds both before anybody opens the dashboard.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
package insights

import (
	"fmt"
	"slices"
	"time"
)

// Assumptions are the points that AWS's documents leave open, and that the
// queries of the dashboard rest on.
var Assumptions = []string{
	"A comparison with a field that an event does not have is false.",
	"Arithmetic with a field that an event does not have gives nothing, and max, sum, avg and sortsLast skip it; of no values at all they give nothing.",
	"latest gives the value in the event with the latest @timestamp, or nothing if that event has none.",
	"max(@timestamp) is shown as a time.",
	"Rows with equal sort keys have no order, and log lines of the same millisecond are such rows.",
	"A filter on an indexed field, alone or joined with and, reads only the events that match it.",
}

// An Event is one of a log group.
type Event struct {
	Time    time.Time
	Account string
	Group   string
	Stream  string
	Message string
}

// A Log is what queries read.
type Log struct {
	Events  []Event
	Indexed map[string][]string // the indexed fields of a log group
}

// A Result is what a query finds.
type Result struct {
	Columns []string
	Rows    []map[string]Value

	// Absent are the fields that the query names and no event has that it read
	// and did not filter out before. A query about records that exist has none.
	Absent []string

	Scanned int  // bytes of messages that were read
	Series  bool // the rows are points in time: the last stats is by bin() alone
}

// Cell returns the text of a cell, empty if there is no value.
func (r *Result) Cell(row int, column string) string { return Text(r.Rows[row][column]) }

// A Value is a string, a float64, a time.Time, or nil where there is none.
type Value any

// Run evaluates a query over the log.
func (l *Log) Run(query string) (*Result, error) {
	q, err := parse(query)
	if err != nil {
		return nil, err
	}
	s := &state{absent: map[string]bool{}}
	indexed := q.indexed()
	for _, e := range l.Events {
		if !slices.Contains(q.sources, e.Group) {
			continue
		}
		fields := Fields(e)
		if filter := indexed(l.Indexed[e.Group]); filter != nil {
			if hit, err := filter.eval(&env{fields: fields}); err != nil || !truth(hit) {
				continue // the index knows of no such event
			}
		}
		s.scanned += len(e.Message)
		s.rows = append(s.rows, fields)
	}
	for _, c := range q.commands {
		if err := c.run(s); err != nil {
			return nil, fmt.Errorf("%w, in: %s", err, query)
		}
	}
	result := &Result{Columns: s.columns, Rows: s.rows, Scanned: s.scanned, Series: q.series()}
	for name := range s.absent {
		result.Absent = append(result.Absent, name)
	}
	slices.Sort(result.Absent)
	return result, nil
}

// state is what the commands of a query have made so far.
type state struct {
	rows    []map[string]Value
	columns []string        // shown; empty before stats or display
	closed  bool            // only columns can be named: a stats was before
	defined map[string]bool // names that fields and parse have made
	absent  map[string]bool
	scanned int
}

// known returns an error if the name cannot mean anything here, and notes
// fields that no event has.
func (s *state) known(names ...string) error {
	for _, name := range names {
		switch {
		case s.closed && !slices.Contains(s.columns, name) && !s.defined[name]:
			return fmt.Errorf("after stats there is no %q", name)
		case s.closed || s.defined[name] || len(s.rows) == 0:
		case !slices.ContainsFunc(s.rows, func(row map[string]Value) bool { return row[name] != nil }):
			s.absent[name] = true
		}
	}
	return nil
}

// define adds a name that a command makes.
func (s *state) define(name string) error {
	if !s.closed && slices.ContainsFunc(s.rows, func(row map[string]Value) bool { return row[name] != nil }) {
		return fmt.Errorf("%q is also a field of events", name)
	}
	if s.defined == nil {
		s.defined = map[string]bool{}
	}
	s.defined[name] = true
	return nil
}
