package main

import (
	"testing"

	"example.com/postinvoke/internal/cloudwatch"
)

func TestScratch(t *testing.T) {
	d := deployment(t, measured(t), "PostInvokeDemo")
	var runs []session
	runs = append(runs, session{})
	for _, do := range []string{"", "error", "handler panic", "exit", "timeout", "too much", "hook fails", "hook panics", "hook overruns", "hook exits", "hook is killed", "hook takes all memory", "goroutine panics"} {
		runs = append(runs, session{events: []string{trouble(do)}})
	}
	runs = append(runs, session{events: []string{trouble(""), trouble("too late")}})
	lines := play(t, d, runs...)
	for _, l := range lines {
		t.Log(l.Message)
	}
	v := viewOf(t, d, lines)
	for _, w := range d.Dashboard.Widgets {
		drawn, err := v.Draw(w)
		if err != nil {
			t.Error(err)
			continue
		}
		show(t, w, drawn)
	}
	for _, a := range d.Alarms {
		b, err := v.Breaches(a)
		t.Log(a.Name, len(b), err, a.AlarmDescription)
	}
	t.Log(v.Scans(d.Dashboard))
	t.Log(v.WithoutIndex().Scans(d.Dashboard))
}

func show(t *testing.T, w cloudwatch.Widget, d *cloudwatch.Drawn) {
	t.Logf("== %s", w.Properties.Title)
	for _, s := range d.Series {
		t.Log(s)
	}
	t.Log(d.Alarms)
	if d.Log != nil {
		t.Log(d.Log.Columns, d.Log.Absent)
		for i := range min(25, len(d.Log.Rows)) {
			line := ""
			for _, c := range d.Log.Columns {
				line += " | " + d.Log.Cell(i, c)
			}
			t.Log(line)
		}
	}
}
