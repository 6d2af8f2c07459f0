// Package insights evaluates queries in the language of CloudWatch Logs
// Insights over log events, as far as the dashboard of postinvoke uses that
// language. Anything else is an error, and so is what breaks a rule of the
// language, so that a test finds both before the dashboard is deployed.
//
// Expressions can be evaluated alone: those of metric math are a part of them.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
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
	"Arithmetic with a field that an event does not have gives nothing, and max, sum, avg and sortsLast skip it; " +
		"of no values at all they give nothing.",
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
	Message string
}

// A Log is what queries read.
type Log struct {
	Events  []Event             // in the order of time
	Indexed map[string][]string // the indexed fields of a log group
}

// A Result is what a query finds.
type Result struct {
	Columns []string
	Rows    []Row

	// Absent are the fields that the query names and that none of the events has
	// which it read. A query about records that exist has none.
	Absent []string

	Scanned int // bytes of messages that were read
}

// Cell returns the text of a cell, empty if there is no value.
func (r *Result) Cell(row int, column string) string { return Text(r.Rows[row][column]) }

// Run evaluates a query over the log.
func (l *Log) Run(text string) (result *Result, err error) {
	if len(text) > maxQuery {
		return nil, fmt.Errorf("the query has %d characters, CloudWatch takes %d", len(text), maxQuery)
	}
	defer catch(text, &err)
	q := &query{}
	names := read(text, q.read)
	t := &table{}
	discovered := map[string]bool{}
	scanned := 0
	for _, e := range l.Events {
		if !slices.Contains(q.sources, e.Group) {
			continue
		}
		fields := Fields(e)
		if len(fields) > maxFields {
			fail("an event has more than %d fields, of which CloudWatch discovers a part: %.80s", maxFields, e.Message)
		}
		if f := q.indexed(l.Indexed[e.Group]); f != nil && f.eval(fields) != true {
			continue // the index does not list this event
		}
		scanned += len(e.Message)
		t.rows = append(t.rows, fields)
		for name := range fields {
			discovered[name] = true
		}
	}
	isDiscovered := func(name string) bool { return discovered[name] || len(t.rows) == 0 }
	absent := slices.Compact(slices.Sorted(slices.Values(slices.DeleteFunc(names.used, isDiscovered))))
	if i := slices.IndexFunc(names.made, func(name string) bool { return discovered[name] }); i >= 0 {
		fail("%q is also a field of events", names.made[i])
	}
	for _, run := range q.commands {
		run(t)
	}
	return &Result{Columns: t.columns, Rows: t.rows, Absent: absent, Scanned: scanned}, nil
}

// A table is what the commands of a query have made so far.
type table struct {
	rows    []Row
	columns []string // shown; empty before stats or display
}
