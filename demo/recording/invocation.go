package recording

import (
	"fmt"
	"strings"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// An Invocation is one that has ended, with what the log has about it.
type Invocation struct {
	Response lambdaenv.Response // its latency is what the caller waited
	Report   lambdaenv.Report

	Hooks *Hooks // from the library's record; nil if there is none
	Lost  *Lost  // from the extension's record; nil if there is none

	// Unlogged means that without Hooks and Lost nothing is known of hooks: the log
	// has none of the library's records, as at an application log level above INFO,
	// or the one about this invocation cannot be read.
	Unlogged bool

	// Unknown is why nothing is known of hooks after the process has ended in the
	// invocation; else empty.
	Unknown string

	Reset   string // why its processes were ended, if they were: "failure" or "timeout"
	Renewed bool   // it began with new processes, as a reset had ended the others

	early   bool // its environment had started before the call
	idle    bool // it has ended without a reset
	boxRead bool // the extension has read what the process had noted
}

// onlyTheLayer is why nothing is known of hooks.
const onlyTheLayer = "only the layer could log what became of hooks"

// read collects what a line with these fields has about the invocation.
func (inv *Invocation) read(e lambdaenv.Entry, fields map[string]string) {
	if h := hooksIn(e, fields, record.Hooks); h != nil {
		inv.Hooks = h
	} else if e.Source == lambdaenv.Function && strings.Contains(e.Text, record.Hooks) {
		inv.Unlogged = true // the record cannot be read
	}
	if l := lostIn(e, fields); l != nil && l.RequestID != "" {
		inv.Lost, inv.Unknown = l, ""
	}
	if Message(fields) == record.Environment {
		inv.boxRead = fields[record.Invocations] != ""
	}
}

// finish adds what follows from all of the records: logged is whether there are
// any of the library.
func (inv *Invocation) finish(logged, goroutineOnly bool) {
	reported := inv.Hooks != nil || inv.Lost != nil || goroutineOnly
	inv.Unlogged = !reported && (inv.Unlogged || !logged)
	if !reported && !inv.Unlogged && inv.Reset != "" && !inv.boxRead {
		inv.Unknown = onlyTheLayer
	}
}

// ResponseAfter describes how long the caller waited.
func (inv *Invocation) ResponseAfter() string { return Milliseconds(inv.Response.Latency) }

// Billed describes what Lambda bills.
func (inv *Invocation) Billed() string { return fmt.Sprintf("%d ms", inv.Report.Billed.Milliseconds()) }

// HooksTook describes for how long hooks ran, or what else is known of them.
func (inv *Invocation) HooksTook() string {
	switch h := inv.Hooks; {
	case h != nil && h.Ms == nil:
		return "none ran"
	case h != nil:
		return fmt.Sprintf("%.1f ms", *h.Ms)
	case inv.Lost != nil:
		return fmt.Sprintf("%d lost", inv.Lost.Count())
	case inv.Unlogged:
		return "not logged"
	case inv.Unknown != "":
		return "unknown"
	}
	return "no hooks"
}

// Notes describes what is remarkable about an invocation.
func (inv *Invocation) Notes() string {
	var notes []string
	switch {
	case inv.Renewed:
		notes = append(notes, "cold start after the reset")
	case inv.Report.Init > 0 && inv.early:
		notes = append(notes, "cold start, its init before the call")
	case inv.Report.Init > 0:
		notes = append(notes, "cold start")
	}
	if status := inv.Report.Status; status != "success" {
		if inv.Response.FunctionError == "" {
			status += " after the response"
		}
		notes = append(notes, status)
	}
	if inv.Reset != "" {
		notes = append(notes, "environment reset")
	}
	if inv.Hooks != nil && inv.Hooks.BeforeError {
		notes = append(notes, "hooks ran before the error")
	}
	if inv.Unknown != "" {
		notes = append(notes, inv.Unknown)
	}
	notes = append(notes, inv.Lost.notes()...)
	return strings.Join(append(notes, inv.Hooks.notes("hooks")...), ", ")
}
